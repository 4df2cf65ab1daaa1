"""The door's compiler: renders each tenant table as the viewer's rows of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

import sqlalchemy as sa
from sqlalchemy.sql import dml, elements
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler

from tabard.errors import DoorRefusal
from tabard.storage.door_rules import Inspection
from tabard.storage.door_tables import IDENTIFIER, PORTAL, Admission, Admissions, refuse

REFUSED_VISITS = (
    "textclause", "tstring", "tstring_text", "textual_select", "textual_label_reference", "lambda_element",
    "tablesample", "sequence", "next_value_func", "collation", "custom_op_binary",
    "custom_op_unary_operator", "custom_op_unary_modifier", "scalar_function_column", "fromclause", "index",
    "override_binds", "postgresql_distinct_on", "aggregate_order_by", "array", "slice",
)  # fmt: skip


class DoorPreparer(IdentifierPreparer):
    """Quotes every name by its letters alone; a name that asks to be left as it is gets no say."""

    def quote(self, ident: str) -> str:
        """The name as the database reads it; refuses a name with odd characters."""
        name = str.__str__(ident)
        if not IDENTIFIER.fullmatch(name):
            refuse(f"it uses the name {name!r}", "use up to 63 letters, digits and underscores")
        return super().quote(name)


class DoorCompiler(SQLCompiler):
    """A dialect's compiler through which rows of tenant tables come only as the viewer's."""

    admissions: ClassVar[Admissions]

    def __init__(self, dialect: sa.Dialect, statement: Any, *args: Any, **kwargs: Any) -> None:
        self._opening: list[sa.Table] = []
        try:
            self._check(dialect, statement, kwargs)
            super().__init__(dialect, statement, *args, **kwargs)
        except DoorRefusal as refusal:
            kind = getattr(statement, "__visit_name__", "expression").upper()
            raise DoorRefusal(f"{kind} refused: {refusal}") from None

    def _check(self, dialect: sa.Dialect, statement: Any, kwargs: dict[str, Any]) -> None:
        if kwargs.get("schema_translate_map"):
            refuse("it is executed with a schema translation", "tables have no schema here")
        if kwargs.get("compile_kwargs", {}).get("literal_binds"):
            refuse("it is compiled with literal values", "compile it for an engine without the door")
        if statement is not None:
            Inspection(self.admissions, dialect).check(statement)

    def visit_table(self, table: Any, asfrom: bool = False, ashint: bool = False, **kw: Any) -> str:
        """The table's rows as the viewer may see them."""
        admission = self.admissions.admit(table)
        name = self.preparer.quote(table.name)
        if not asfrom:
            return name if ashint else ""
        if (linter := kw.get("from_linter")) is not None:
            linter.froms[table] = table.fullname
        if admission.column is None:
            return name
        alias = kw.get("enclosing_alias")
        is_aliased = alias is not None and alias.element is table
        rows = self._rows(admission, name)
        return rows if is_aliased else f"{rows} AS {name}"

    def _rows(self, admission: Admission, name: str) -> str:
        with self._within(admission.table):
            condition = self.process(admission.condition)
        columns = ", ".join(f"{name}.{self.preparer.quote(column.name)}" for column in admission.table.columns)
        return f"(SELECT {columns} FROM {name} WHERE {condition})"

    @contextmanager
    def _within(self, table: sa.Table) -> Iterator[None]:
        """The scope of a table's own condition: nothing but the table can be referred to."""
        if table in self._opening:
            refuse(f"the rule for the rows of '{table.name}' reads '{table.name}' again", "state it without")
        froms = {table}
        self._opening.append(table)
        self.stack.append({"correlate_froms": froms, "asfrom_froms": froms, "selectable": sa.select(table)})  # type: ignore[typeddict-item]
        try:
            yield
        finally:
            self.stack.pop()
            self._opening.pop()

    def visit_alias(self, alias: Any, *args: Any, **kw: Any) -> str:
        """An alias, under a name that no table has."""
        self._check_name(alias.name)
        return super().visit_alias(alias, *args, **kw)  # type: ignore[no-untyped-call, no-any-return]

    def visit_cte(self, cte: Any, *args: Any, **kw: Any) -> str | None:
        """A common table expression, under a name that no table has."""
        self._check_name(cte.name)
        return super().visit_cte(cte, *args, **kw)

    def visit_values(self, element: Any, *args: Any, **kw: Any) -> str:
        """Listed values, under a name that no table has."""
        if not element._unnamed:
            self._check_name(element.name)
        return super().visit_values(element, *args, **kw)  # type: ignore[no-untyped-call, no-any-return]

    def _check_name(self, name: str) -> None:
        is_generated = isinstance(name, elements._truncated_label)
        self.admissions.check_name(self._truncated_identifier("alias", name) if is_generated else name)

    def update_tables_clause(self, update_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """The table that is updated, whose rows the condition picks."""
        return self._target(from_table, kw)

    def delete_table_clause(self, delete_stmt: Any, from_table: Any, extra_froms: Any, **kw: Any) -> str:
        """The table that is deleted from, whose rows the condition picks."""
        return self._target(from_table, kw)

    def _target(self, table: sa.Table, kw: dict[str, Any]) -> str:
        if (linter := kw.get("from_linter")) is not None:
            linter.froms[table] = table.fullname
        return self.preparer.quote(table.name)

    def _get_sentinel_column_for_table(self, table: sa.Table) -> Any:
        # Rows of one batch share the portal: the rest of the key tells them apart.
        columns = super()._get_sentinel_column_for_table(table) or ()
        return [column for column in columns if column is not self.admissions.target(table).column] or None

    def visit_insert(self, insert_stmt: Any, *args: Any, **kw: Any) -> str:
        """An INSERT whose rows get the viewer's portal."""
        admission = self.admissions.target(insert_stmt.table)
        given = [insert_stmt._values or {}, *(row for rows in insert_stmt._multi_values for row in rows)]
        for names in (*given, self.column_keys or ()):
            _check_assigned(admission, names, for_update=False)
        return super().visit_insert(_stamped(insert_stmt, admission), *args, **kw)  # type: ignore[no-untyped-call, no-any-return]

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> str:
        """An UPDATE of the viewer's rows."""
        admission = self.admissions.target(update_stmt.table)
        for names in (update_stmt._values or (), self.column_keys or ()):
            _check_assigned(admission, names, for_update=True)
        return super().visit_update(update_stmt.where(admission.condition), *args, **kw)

    def visit_delete(self, delete_stmt: Any, *args: Any, **kw: Any) -> str:
        """A DELETE of the viewer's rows."""
        admission = self.admissions.target(delete_stmt.table)
        return super().visit_delete(delete_stmt.where(admission.condition), *args, **kw)  # type: ignore[no-untyped-call, no-any-return]

    def visit_on_conflict_do_nothing(self, on_conflict: Any, **kw: Any) -> str:
        """An insert that leaves the portal's existing row."""
        self._check_conflict(on_conflict)
        return super().visit_on_conflict_do_nothing(on_conflict, **kw)  # type: ignore[misc, no-any-return]

    def visit_on_conflict_do_update(self, on_conflict: Any, **kw: Any) -> str:
        """An insert that updates the portal's existing row, if the viewer may see it."""
        admission = self._check_conflict(on_conflict)
        _check_assigned(admission, on_conflict.update_values_to_set, for_update=True)
        if admission.own is not None:
            conditions = [condition for condition in (on_conflict.update_whereclause,) if condition is not None]
            on_conflict = on_conflict._clone()
            on_conflict.update_whereclause = sa.and_(admission.own, *conditions)
        return super().visit_on_conflict_do_update(on_conflict, **kw)  # type: ignore[misc, no-any-return]

    def _check_conflict(self, on_conflict: Any) -> Admission:
        admission = self.admissions.target(self.stack[-1]["selectable"].table)
        column = admission.column
        elements_named = on_conflict.inferred_target_elements or ()
        if not any(element is column or element == column.name for element in map(_named, elements_named)):
            refuse(
                f"its conflict target leaves out '{admission.table.name}.{column.name}'",
                "name index_elements that begin with it",
            )
        return admission


def _named(element: Any) -> Any:
    return str(element) if isinstance(element, str) else element


def _check_assigned(admission: Admission, names: Iterable[Any], *, for_update: bool) -> None:
    table, portal = admission.table, admission.column
    for name in names:
        column = table.columns.get(name) if isinstance(name, str) else name
        if column is portal:
            refuse(f"it sets '{table.name}.{portal.name}'", "leave it out; the door sets the viewer's portal")
        if for_update and column is not None and column is table.columns.get("id"):
            refuse(f"it changes '{table.name}.id'", "an id is for good; insert another row")


def _stamped(insert: dml.Insert, admission: Admission) -> dml.Insert:
    stamp = {admission.column: PORTAL}
    stamped = insert._generate()
    if insert._multi_values:
        stamped._multi_values = tuple([{**row, **stamp} for row in rows] for rows in insert._multi_values)
    else:
        stamped._values = sa.util.immutabledict({**(insert._values or {}), **stamp})
    return stamped


def _refused_visit(self: DoorCompiler, element: Any, *args: Any, **kw: Any) -> NoReturn:
    refuse(f"it renders a {type(element).__name__}", "use what the closed lists hold")


for _name in REFUSED_VISITS:
    setattr(DoorCompiler, f"visit_{_name}", _refused_visit)
