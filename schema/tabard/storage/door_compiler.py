"""The door's compiler: renders each tenant table as the viewer's rows of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

import sqlalchemy as sa
from sqlalchemy.sql import elements
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler

from tabard.errors import DoorRefusal
from tabard.storage.door_lists import REFUSED_VISITS
from tabard.storage.door_rules import Inspection
from tabard.storage.door_tables import IDENTIFIER, PORTAL, Admissions, TenantRows, refuse


class DoorPreparer(IdentifierPreparer):
    """Quotes every name by its letters alone: a name cannot ask to be left unquoted."""

    def quote(self, ident: str) -> str:
        """The name as the database reads it; refuses a name with odd characters."""
        name = str.__str__(ident)
        if not IDENTIFIER.fullmatch(name) or len(name) > self.dialect.max_identifier_length:
            refuse(f"it uses the name {name!r}", "use up to 63 letters, digits and underscores")
        return super().quote(name)


class DoorCompiler(SQLCompiler):
    """A dialect's compiler through which rows of tenant tables come only as the viewer's.

    `reads` says whether a statement takes rows from a table, beside those that it changes.
    """

    admissions: ClassVar[Admissions]

    def __init__(self, dialect: sa.Dialect, statement: Any, *args: Any, **kwargs: Any) -> None:
        self._opening: list[sa.Table] = []
        self.reads = False
        try:
            self._check(dialect, statement, kwargs)
            super().__init__(dialect, statement, *args, **kwargs)
        except DoorRefusal as refusal:
            kind = getattr(statement, "__visit_name__", "expression").upper()
            raise DoorRefusal(f"{kind} refused: {refusal}") from None

    def _check(self, dialect: sa.Dialect, statement: Any, kwargs: dict[str, Any]) -> None:
        if kwargs.get("schema_translate_map"):
            refuse("it is executed with a schema translation", "leave it out: tables have no schema here")
        if kwargs.get("compile_kwargs", {}).get("literal_binds"):
            refuse("it is compiled with its values in the text", "compile it without the door to look at it")
        if statement is not None:
            Inspection(self.admissions, dialect).check(statement)

    def visit_table(  # type: ignore[override]
        self, table: Any, asfrom: bool = False, ashint: bool = False, **kw: Any
    ) -> str:
        """The table's rows as the viewer may see them."""
        rows = self.admissions.admit(table)
        name = self.preparer.quote(table.name)
        if not asfrom:
            return name if ashint else ""
        self.reads = True
        self._collect(table, kw)
        if rows is None:
            return name
        alias = kw.get("enclosing_alias")
        is_named = alias is not None and alias.element is table
        return self._viewers(rows, name) if is_named else f"{self._viewers(rows, name)} AS {name}"

    def _viewers(self, rows: TenantRows, name: str) -> str:
        with self._within(rows.table):
            condition = self.process(rows.condition)
        columns = ", ".join(f"{name}.{self.preparer.quote(column.name)}" for column in rows.table.columns)
        return f"(SELECT {columns} FROM {name} WHERE {condition})"  # noqa: S608 (names are quoted, the rest compiled)

    @contextmanager
    def _within(self, table: sa.Table) -> Iterator[None]:
        """The scope of a table's own condition: it can refer to nothing but the table."""
        if table in self._opening:
            refuse(f"the rule for rows of '{table.name}' reads '{table.name}' again", "state it without")
        froms: Any = {table}
        self._opening.append(table)
        self.stack.append({"correlate_froms": froms, "asfrom_froms": froms, "selectable": sa.select(table)})
        try:
            yield
        finally:
            self.stack.pop()
            self._opening.pop()

    def _collect(self, table: sa.Table, kw: dict[str, Any]) -> None:
        # SQLAlchemy warns of a product of tables that nothing joins.
        if (linter := kw.get("from_linter")) is not None:
            linter.froms[table] = table.name

    def visit_alias(self, alias: Any, *args: Any, **kw: Any) -> str:
        """An alias, under a name that no table has."""
        self._check_name(alias.name)
        return str(super().visit_alias(alias, *args, **kw))  # type: ignore[no-untyped-call]

    def visit_cte(self, cte: Any, *args: Any, **kw: Any) -> str | None:
        """A common table expression, under a name that no table has."""
        self._check_name(cte.name)
        return super().visit_cte(cte, *args, **kw)

    def visit_values(self, element: Any, *args: Any, **kw: Any) -> str:
        """Listed values, under a name that no table has."""
        if not element._unnamed:
            self._check_name(element.name)
        return str(super().visit_values(element, *args, **kw))  # type: ignore[no-untyped-call]

    def _check_name(self, name: str) -> None:
        if isinstance(name, elements._truncated_label):
            name = self._truncated_identifier("alias", name)
        self.admissions.check_name(name)

    def update_tables_clause(self, update_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """The table that is updated; the condition picks its rows."""
        self._collect(from_table, kw)
        return self.preparer.quote(from_table.name)

    def delete_table_clause(self, delete_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """The table that is deleted from; the condition picks its rows."""
        self._collect(from_table, kw)
        return self.preparer.quote(from_table.name)

    def visit_insert(self, insert_stmt: Any, *args: Any, **kw: Any) -> str:
        """An INSERT whose rows get the viewer's portal."""
        rows = self.admissions.target(insert_stmt.table)
        for listed in (insert_stmt._values or (), *_listed_rows(insert_stmt), self._given(rows)):
            _check_assigned(rows, listed, is_update=False)
        return str(super().visit_insert(_stamped(insert_stmt, rows), *args, **kw))  # type: ignore[no-untyped-call]

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> str:
        """An UPDATE of the viewer's rows."""
        rows = self.admissions.target(update_stmt.table)
        for assigned in (update_stmt._values or (), self._given(rows)):
            _check_assigned(rows, assigned, is_update=True)
        return super().visit_update(update_stmt.where(rows.condition), *args, **kw)

    def visit_delete(self, delete_stmt: Any, *args: Any, **kw: Any) -> str:
        """A DELETE of the viewer's rows."""
        rows = self.admissions.target(delete_stmt.table)
        return str(super().visit_delete(delete_stmt.where(rows.condition), *args, **kw))  # type: ignore[no-untyped-call]

    def _given(self, rows: TenantRows) -> list[str]:
        """The columns that the execution's parameters set."""
        return [key for key in self.column_keys or () if key in rows.table.columns]

    def _get_sentinel_column_for_table(self, table: sa.Table) -> list[sa.Column[Any]] | None:
        # Rows of one batch share the portal: the rest of the key tells them apart.
        portal = self.admissions.target(table).column
        return [
            column for column in super()._get_sentinel_column_for_table(table) or () if column is not portal
        ] or None

    def visit_on_conflict_do_nothing(self, on_conflict: Any, **kw: Any) -> str:
        """An insert that leaves the portal's existing row."""
        self._conflicting(on_conflict)
        return str(super().visit_on_conflict_do_nothing(on_conflict, **kw))  # type: ignore[misc]

    def visit_on_conflict_do_update(self, on_conflict: Any, **kw: Any) -> str:
        """An insert that updates the portal's existing row, if the viewer may see it."""
        rows = self._conflicting(on_conflict)
        _check_assigned(rows, on_conflict.update_values_to_set, is_update=True)
        if rows.own is not None:
            where = on_conflict.update_whereclause
            on_conflict = on_conflict._clone()
            on_conflict.update_whereclause = rows.own if where is None else sa.and_(rows.own, where)
        return str(super().visit_on_conflict_do_update(on_conflict, **kw))  # type: ignore[misc]

    def _conflicting(self, on_conflict: Any) -> TenantRows:
        insert: Any = self.stack[-1]["selectable"]
        rows = self.admissions.target(insert.table)
        targets = on_conflict.inferred_target_elements or ()
        if not any(t is rows.column or (isinstance(t, str) and t == rows.column.name) for t in targets):
            refuse(
                f"its conflict target leaves out '{rows.column}'", "name index_elements that begin with it"
            )
        return rows


def _listed_rows(insert: sa.Insert) -> Iterator[Any]:
    for row in (row for rows in insert._multi_values for row in rows):
        if not isinstance(row, dict):
            refuse("it lists values by position", "give each row as a dictionary")
        yield row


def _check_assigned(rows: TenantRows, names: Iterable[Any], *, is_update: bool) -> None:
    columns = rows.table.columns
    for name in names:
        column = columns.get(name if isinstance(name, str) else str(getattr(name, "key", "")))
        if column is None or not (isinstance(name, str) or name is column):
            refuse(f"it sets '{name}', which is no column of '{rows.table.name}'", "name the table's columns")
        if column is rows.column:
            refuse(f"it sets '{column}'", "leave it out: the door sets the viewer's portal")
        if is_update and column is columns.get("id"):
            refuse(f"it changes '{column}'", "insert another row: an id is for good")


def _stamped(insert: Any, rows: TenantRows) -> Any:
    stamp, stamped = {rows.column: PORTAL}, insert._generate()
    if insert._multi_values:
        stamped._multi_values = tuple([{**row, **stamp} for row in given] for given in insert._multi_values)
    else:
        stamped._values = sa.util.immutabledict({**(insert._values or {}), **stamp})
    return stamped


def _refused_visit(self: DoorCompiler, element: Any, *args: Any, **kw: Any) -> NoReturn:
    refuse(f"it turns into a {type(element).__name__}", "use what the door's lists hold")


for _name in REFUSED_VISITS:
    setattr(DoorCompiler, f"visit_{_name}", _refused_visit)
