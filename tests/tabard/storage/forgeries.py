"""Parts of statements that pretend to be something else, or render themselves."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import functions

from tabard.storage.door import PUBLIC, TENANT
from tests.tabard.storage.portals import (
    company,
)

RAW = "(SELECT name FROM company)"
elsewhere = sa.MetaData()
twin = sa.Table(
    "company",
    elsewhere,
    sa.Column("portal_id", sa.BigInteger),
    sa.Column("name", sa.String),
    info={PUBLIC: True},
)
stranger = sa.Table("pg_class", elsewhere, sa.Column("relname", sa.String), info={PUBLIC: True})


class OwnTable(sa.Table):
    """A table that renders itself."""

    inherit_cache = True


class OwnColumn(sa.ColumnElement[str]):
    """A column that renders itself."""

    inherit_cache = True
    type = sa.String()


class count(functions.GenericFunction[int]):  # noqa: N801
    """A function that goes by an allowed name."""

    type = sa.Integer()
    inherit_cache = True
    package = "forged"
    name = "count"


class RawType(sa.types.UserDefinedType[str]):
    """A type whose name is SQL."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return f"TEXT) || {RAW} || ("


class Expressive(sa.types.TypeDecorator[str]):
    """A type that wraps its values in SQL."""

    impl = sa.String
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return sa.text(RAW)


class Disguised(sa.types.TypeDecorator[str]):
    """A decorator around a type whose name is SQL."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return RawType()


class Later:
    """Something that turns into SQL only when the statement is compiled."""

    def __clause_element__(self) -> Any:
        return sa.text(RAW)


@compiles(OwnTable)
@compiles(OwnColumn)
def render_raw(element: Any, compiler: Any, **kw: Any) -> str:
    return RAW


def forged_table() -> Any:
    table = OwnTable("company", sa.MetaData(), sa.Column("name", sa.String), info={TENANT: "portal_id"})
    return sa.select(table.c.name)


def forged_column() -> Any:
    column: Any = sa.Column("name", sa.String)
    column.table = company
    return sa.select(column)


def forged_function() -> Any:
    return sa.select(count(company.c.id))


def forged_cast() -> Any:
    cast: Any = sa.cast(company.c.name, sa.String)
    cast.typeclause = sa.text(f"TEXT) || {RAW} || (")
    return sa.select(cast)


def forged_options() -> Any:
    statement = sa.select(company.c.id)
    statement._propagate_attrs = sa.util.immutabledict(
        {"compile_state_plugin": "orm", "plugin_subject": None}
    )
    return statement
