"""Keys: sets of ids in a statement whose text is the same for any number of them."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import functions, operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

KINDS: dict[type, type[sa.types.TypeEngine[Any]]] = {int: sa.BigInteger, str: sa.Text}
UNGROUPED = (operators.and_, operators.or_, operators.comma_op, None)


class KeyList(sa.types.TypeDecorator[Sequence[Any]]):
    """A list of keys of one kind as one value: an array on PostgreSQL, JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type = int) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """The type that the database's driver gets."""
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(KINDS[self.kind]()) if is_array else sa.Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: sa.Dialect) -> Any:
        """The keys as the driver takes them."""
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else orjson.dumps(ids).decode()


class Keys(sa.ColumnElement[bool]):
    """Whether a column's value is one of a list of keys; see `keys`."""

    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy's own form)
        ("column", InternalTraversal.dp_clauseelement),
        ("ids", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: sa.ColumnElement[Any], ids: sa.BindParameter[Any]) -> None:
        self.column = column
        self.ids = ids

    @property
    def _from_objects(self) -> list[sa.FromClause]:
        return self.column._from_objects

    def self_group(self, against: Any = None) -> "Keys | sa.sql.elements.Grouping[bool]":
        """The condition, in parentheses where an operator is applied to it."""
        return self if against in UNGROUPED else sa.sql.elements.Grouping(self)


class KeyRows(functions.FunctionElement[Any]):
    """A list of keys as rows; see `key_rows`."""

    inherit_cache = True
    name = "key_rows"


def keys(column: sa.ColumnElement[Any], ids: Sequence[int] | Sequence[str] | sa.BindParameter[Any]) -> Keys:
    """The condition that `column`, an integer or text, is one of `ids`, a list or a parameter for one."""
    return Keys(column, _parameter(ids, kind_of(column)))


def key_rows(
    ids: Sequence[int] | Sequence[str] | sa.BindParameter[Any],
    kind: type[int] | type[str] = int,
    name: str | None = None,
) -> sa.TableValuedAlias:
    """The keys as rows `(key, position)`, position from 1; for LATERAL, and joins that keep every key."""
    columns = sa.column("key", KINDS[kind]()), sa.column("position", sa.BigInteger())
    return KeyRows(_parameter(ids, kind)).table_valued(*columns, name=name)


def _parameter(ids: Sequence[Any] | sa.BindParameter[Any], kind: type) -> sa.BindParameter[Any]:
    if isinstance(ids, sa.BindParameter):
        return sa.bindparam(ids.key, type_=KeyList(kind), required=ids.required)
    return sa.bindparam("keys", ids, type_=KeyList(kind), unique=True)


def kind_of(column: sa.ColumnElement[Any]) -> type[int] | type[str]:
    """What the keys in a column are."""
    affinity = column.type._type_affinity
    for base, kind in ((sa.Integer, int), (sa.String, str)):
        if affinity is not None and issubclass(affinity, base):
            return kind
    raise TypeError(f"keys() finds integer or text keys; the column '{column}' is {column.type!r}")


@compiles(Keys, "postgresql")
def _keys_in_array(element: Keys, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(element.ids, **kw)})"


@compiles(Keys, "sqlite")
def _keys_in_json(element: Keys, compiler: SQLCompiler, **kw: Any) -> str:
    ids = compiler.process(element.ids, **kw)
    return f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each({ids}))"  # noqa: S608


@compiles(KeyRows, "postgresql")
def _rows_of_array(element: KeyRows, compiler: SQLCompiler, **kw: Any) -> str:
    ids = _ids(element, compiler)
    return f"(SELECT key, position FROM unnest({ids}) WITH ORDINALITY AS listed (key, position))"  # noqa: S608


@compiles(KeyRows, "sqlite")
def _rows_of_json(element: KeyRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT value AS key, key + 1 AS position FROM json_each({_ids(element, compiler)}))"  # noqa: S608


def _ids(element: KeyRows, compiler: SQLCompiler) -> str:
    (ids,) = element.clauses
    return compiler.process(ids)
