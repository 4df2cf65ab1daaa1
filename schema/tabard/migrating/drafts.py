"""Drafts: what a migration must change, found by comparing a database with the declared tables."""

import ast
from collections.abc import Callable, Iterable
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.types import TypeDecorator

from tabard import columns
from tabard.migrating.security import unsecured
from tabard.migrating.steps import OPTIONS
from tabard.storage.door import TENANT
from tabard.storage.tables import PORTAL_COLUMN

Statements = list[ast.stmt]


class Draft:
    """The statements that bring a database's tables to the declared ones, and back.

    `created` holds those of each new table, `altered` the other ones, `undone` the way back. Tables for
    which `is_compared` does not hold may only be referred to.
    """

    def __init__(
        self, connection: sa.Connection, tables: Iterable[sa.Table], is_compared: Callable[[str], bool]
    ) -> None:
        declared = {table.name: table for table in tables}
        up, down = _compared(connection, declared.values(), is_compared)
        created = [op.table_name for op in up if isinstance(op, ops.CreateTableOp)]
        secured = {table.name: [_securing(table)] for table in declared.values() if TENANT in table.info}
        self.created = {
            name: [*_rendered(up, {name}, is_batch=False), *secured.get(name, [])] for name in created
        }
        self.altered = _rendered(up, _tables(up) - set(created), is_batch=True)
        self.altered += [
            _securing(table)
            for table in unsecured(connection, declared.values())
            if is_compared(table.name) and table.name not in created
        ]
        self.undone = _rendered(down, _tables(down), is_batch=True)

    @property
    def statements(self) -> Statements:
        """All statements up; none when the tables are as declared."""
        return [*(statement for group in self.created.values() for statement in group), *self.altered]


def _compared(
    connection: sa.Connection, tables: Iterable[sa.Table], is_compared: Callable[[str], bool]
) -> tuple[list[Any], list[Any]]:
    options = OPTIONS | {
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "table" or is_compared(name),
        "include_object": lambda item, name, kind, *_: kind != "table" or is_compared(name),
    }
    metadata: Any = list({id(table.metadata): table.metadata for table in tables}.values())
    script = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    return list(script.upgrade_ops.ops), list(script.downgrade_ops.ops)


def _tables(operations: list[Any]) -> set[str]:
    return {op.table_name for op in operations}


def _rendered(operations: list[Any], names: set[str], *, is_batch: bool) -> Statements:
    """The operations on the named tables; a table that is dropped takes its indexes with it."""
    dropped = {op.table_name for op in operations if isinstance(op, ops.DropTableOp)}
    wanted = [
        op
        for op in operations
        if op.table_name in names and not (op.table_name in dropped and isinstance(op, ops.ModifyTableOps))
    ]
    for op in wanted:
        if isinstance(op, ops.CreateTableOp):
            op.info = {}
    code = render_python_code(ops.UpgradeOps(ops=wanted), render_as_batch=is_batch, render_item=_own_type)
    return [] if not wanted else ast.parse("if True:\n    " + code).body[0].body  # type: ignore[attr-defined]


def _securing(table: sa.Table) -> ast.stmt:
    column = table.info[TENANT]
    arguments = repr(table.name) if column == PORTAL_COLUMN else f"{table.name!r}, {column!r}"
    return ast.parse(f"secure({arguments})").body[0]


def _own_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A column type of ours as it is written; any other as one that both databases have."""
    if kind != "type":
        return False
    if not isinstance(item, TypeDecorator):
        generic = item.as_generic()
        return "Instant()" if isinstance(generic, sa.DateTime) else f"sa.{generic!r}"
    if getattr(columns, type(item).__name__, None) is not type(item):
        return f"sa.{item.impl_instance!r}"
    argument: Any = ""
    if isinstance(item, columns.Label):
        argument = getattr(item.impl_instance, "length", None)
    if isinstance(item, columns.Scaled) and item.scale != columns.DECIMAL_SCALE:
        argument = item.scale
    return f"{type(item).__name__}({argument})"
