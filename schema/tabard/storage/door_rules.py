"""The door's rules: the closed list of what a statement may be made of; all else is refused."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import annotation, dml, elements, functions, operators, selectable, sqltypes
from sqlalchemy.sql.elements import ClauseElement

from tabard.storage.door_tables import ACTOR, IDENTIFIER, PORTAL, RESERVED, Admissions, refuse
from tabard.storage.keys import KeyRows, Keys

FUNCTIONS: Final = frozenset(
    "abs aggregate_strings avg coalesce count dense_rank lag lead length max min nullif rank row_number sum".split()
)
FIELDS: Final = frozenset("year month day hour minute second dow doy week epoch".split())
OPERATORS: Final = frozenset(
    id(getattr(operators, name))
    for name in (
        "add and_ asc_op between_op comma_op concat_op contains_op desc_op distinct_op endswith_op eq exists "
        "floordiv ge gt in_op inv is_ is_distinct_from is_false is_not is_not_distinct_from is_true le like_op lt "
        "mod mul ne neg not_between_op not_contains_op not_endswith_op not_in_op not_like_op not_startswith_op "
        "nulls_first_op nulls_last_op or_ startswith_op sub truediv"
    ).split()
)
TYPES: Final = frozenset(
    {
        sa.Integer, sa.String, sa.Boolean, sa.Date, sa.DateTime, sa.Time, sa.Numeric, sa.Float, sa.LargeBinary,
        sa.JSON, sa.Uuid, sa.Enum, sa.Interval, sqltypes.NullType,
    }
)  # fmt: skip
FUNCTION_CLASSES: Final = frozenset(
    {
        functions.Function, functions.aggregate_strings, functions.coalesce, functions.count, functions.dense_rank,
        functions.max, functions.min, functions.rank, functions.sum,
    }
)  # fmt: skip
COLUMN_CLASSES: Final = frozenset({elements.ColumnClause, sa.Column, elements.TableValuedColumn})
WRITE_CLASSES: Final = frozenset(
    {
        dml.Insert, dml.Update, dml.Delete, sqlite.Insert, sqlite.dml.OnConflictDoNothing,
        sqlite.dml.OnConflictDoUpdate, postgresql.Insert, postgresql.dml.OnConflictDoNothing,
        postgresql.dml.OnConflictDoUpdate,
    }
)  # fmt: skip
OWN_CLASSES: Final = frozenset({Keys, KeyRows})
CLASSES: Final = FUNCTION_CLASSES | COLUMN_CLASSES | WRITE_CLASSES | OWN_CLASSES | {
    elements.AggregateOrderBy, elements.AsBoolean, elements.BinaryExpression, elements.BindParameter,
    elements.BooleanClauseList, elements.Case, elements.Cast, elements.ClauseList, elements.ElementList,
    elements.ExpressionClauseList, elements.Extract, elements.False_, elements.FrameClause,
    elements.FunctionFilter, elements.Grouping, elements.Label, elements.Null, elements.OrderByList,
    elements.Over, elements.ReleaseSavepointClause, elements.RollbackToSavepointClause,
    elements.SavepointClause, elements.True_, elements.Tuple, elements.TypeClause, elements.TypeCoerce,
    elements.UnaryExpression, elements._label_reference, sa.Table, selectable.Alias, selectable.CTE,
    selectable.CompoundSelect, selectable.Exists, selectable.ForUpdateArg, selectable.FromGrouping,
    selectable.Join, selectable.Lateral, selectable.ScalarSelect, selectable.ScalarValues, selectable.Select,
    selectable.SelectStatementGrouping, selectable.Subquery, selectable.TableValuedAlias, selectable.Values,
    selectable._MemoizedSelectEntities, selectable._OffsetLimitParam,
}  # fmt: skip
ADDITIONS: Final = (
    "_prefixes", "_suffixes", "_hints", "_statement_hints", "_with_options", "_compile_state_funcs",
    "_propagate_attrs", "_post_select_clause", "_pre_columns_clause", "_post_criteria_clause",
    "_post_body_clause",
)  # fmt: skip
COMPOUND_ANNOTATIONS: Final = frozenset({"weight", "compound_selects"})


class Inspection:
    """Walks a statement before it is compiled and refuses whatever is not on the lists.

    The walk follows `_traverse_internals`, by which SQLAlchemy itself tells cached statements apart:
    what is not in there has no influence on the text.
    """

    def __init__(self, admissions: Admissions, dialect: sa.Dialect) -> None:
        self._admissions = admissions
        self._dialect = dialect
        self._rules: dict[type, Callable[[Any], None]] = {
            sa.Table: self._table,
            elements.BindParameter: self._parameter,
            elements.Extract: self._extract,
            elements.TypeClause: self._type_of,
            selectable.TableValuedAlias: self._table_valued,
            selectable.Values: self._values,
            selectable.ScalarValues: self._values,
        }
        self._rules |= dict.fromkeys(COLUMN_CLASSES, self._column)
        self._rules |= dict.fromkeys(FUNCTION_CLASSES, self._function)
        self._rules |= dict.fromkeys((dml.Insert, sqlite.Insert, postgresql.Insert), self._insert)

    def check(self, statement: Any) -> None:
        """Refuses the statement unless all that it is made of is known to stay within the portal."""
        waiting, seen = [statement], set[int]()
        while waiting:
            element = waiting.pop()
            if id(element) not in seen:
                seen.add(id(element))
                waiting.extend(self._check_one(element))

    def _check_one(self, element: Any) -> Iterator[Any]:
        kind = _kind(element)
        _check_additions(element)
        for name in ("operator", "modifier"):
            _check_operator(getattr(element, name, None))
        if isinstance(element, sa.ColumnElement):
            self._type_of(element)
        self._rules.get(kind, _accept)(element)
        if kind is sa.Table:
            own = self._admissions.admit(element).own
            return iter(() if own is None else (own,))
        return _children(element)

    def _table(self, table: sa.Table) -> None:
        self._admissions.admit(table)
        for column in table.columns:
            self._type_of(column)

    def _column(self, column: elements.ColumnClause[Any]) -> None:
        if column.is_literal and column.name != "*":
            refuse(f"it holds the literal column {column.name!r}", "use the table's column")
        if not column.is_literal and column.table is None:
            refuse(f"it holds the column '{column.name}' of no table", "use the table's column")
        if type(column.table) is sa.Table and column.table.columns.get(column.key) is not column:
            refuse(f"the column '{column.name}' is not the table's own", "use the table's column")

    def _parameter(self, parameter: elements.BindParameter[Any]) -> None:
        if parameter is PORTAL or parameter is ACTOR:
            return
        for name in (parameter.key, parameter._orig_key):
            if str(name).startswith(RESERVED):
                refuse(f"it holds a parameter named '{name}'", "the door gives that value; choose another name")
        if not (isinstance(parameter.key, elements._anonymous_label) or IDENTIFIER.fullmatch(parameter.key)):
            refuse(f"it holds a parameter named '{parameter.key}'", "use letters, digits and underscores")
        if parameter.literal_execute or parameter.isoutparam:
            refuse(f"it writes the parameter '{parameter.key}' into the text", "bind the value")

    def _function(self, function: functions.Function[Any]) -> None:
        if function.name not in FUNCTIONS or getattr(function, "packagenames", ()):
            refuse(f"it calls the function '{function.name}'", f"use one of {', '.join(sorted(FUNCTIONS))}")
        if function._with_ordinality:
            refuse(f"it takes rows from the function '{function.name}'", "use key_rows() for a list of keys")

    def _extract(self, extract: elements.Extract) -> None:
        if extract.field not in FIELDS:
            refuse(f"it extracts '{extract.field}'", f"extract one of {', '.join(sorted(FIELDS))}")

    def _table_valued(self, alias: selectable.TableValuedAlias) -> None:
        if type(alias.element) is not KeyRows or alias._render_derived:
            refuse(f"it takes rows from the function '{alias.element}'", "use key_rows() for a list of keys")

    def _values(self, values: selectable.Values) -> None:
        if values.literal_binds:
            refuse("it writes VALUES into the text", "bind them")

    def _insert(self, insert: dml.Insert) -> None:
        if insert.select is not None:
            refuse("it inserts the rows of a SELECT", "read the rows, then insert them")

    def _type_of(self, element: Any) -> None:
        _check_type(element.type, self._dialect)


def _accept(element: Any) -> None:
    pass


def _kind(element: Any) -> type:
    """The element's class as the lists know it; refuses every other class."""
    kind = type(element)
    if isinstance(element, annotation.Annotated) and element._annotations.keys() <= COMPOUND_ANNOTATIONS:
        kind = next((known for known in CLASSES if annotation.annotated_classes.get(known) is kind), kind)
    if kind not in CLASSES:
        refuse(f"it holds {_describe(element)}", "use tables, columns, operators and functions of the closed lists")
    is_own = kind in OWN_CLASSES
    if not is_own and kind._compiler_dispatch is not kind._original_compiler_dispatch:
        refuse(f"{kind.__name__} has been given a rendering of its own", "remove the @compiles function")
    return kind


def _describe(element: Any) -> str:
    names = {"TextClause": "raw text", "TextualSelect": "raw text", "TableClause": "a table made by sa.table()"}
    return names.get(type(element).__name__, f"a {type(element).__name__}")


def _check_additions(element: Any) -> None:
    for name in ADDITIONS:
        if getattr(element, name, None):
            refuse(f"it has {name.strip('_').replace('_', ' ')}", "state it without prefixes, hints and options")
    if any(str(name).startswith(RESERVED) for name in getattr(element, "_params", ())):
        refuse("it sets the door's own parameters", "leave them to the execution")


def _check_operator(operator: Any) -> None:
    if operator is not None and id(operator) not in OPERATORS:
        name = getattr(operator, "opstring", getattr(operator, "__name__", operator))
        refuse(f"it uses the operator '{name}'", "use a comparison or arithmetic that both databases have")


def _check_type(type_: Any, dialect: sa.Dialect) -> None:
    if type_._variant_mapping:
        for variant in type_._variant_mapping.values():
            _check_type(variant, dialect)
    if isinstance(type_, sqltypes.TupleType):
        for member in type_.types:
            _check_type(member, dialect)
    elif isinstance(type_, sa.types.TypeDecorator):
        if type_._has_bind_expression or type_._has_column_expression:
            refuse(f"the type {type_!r} adds expressions of its own", "convert the values in Python")
        _check_type(type_.load_dialect_impl(dialect), dialect)
    elif isinstance(type_, sa.ARRAY):
        _check_type(type_.item_type, dialect)
    elif not isinstance(type_, sqltypes.TableValueType):
        _check_plain_type(type_)


def _check_plain_type(type_: Any) -> None:
    kind = type(type_)
    origin = getattr(sys.modules.get(kind.__module__), kind.__name__, None)
    is_own = origin is kind and kind.__module__.startswith("sqlalchemy.")
    sizes = [getattr(type_, name, None) for name in ("length", "precision", "scale", "dimensions")]
    texts = [getattr(type_, name, None) for name in ("collation", "fields", "schema")]
    is_plain = all(size is None or type(size) is int for size in sizes) and set(texts) <= {None, "C"}
    if not (is_own and is_plain and type_._type_affinity in TYPES):
        refuse(f"it uses the type {kind.__module__}.{kind.__name__}", "use a plain type, or decorate one")


def _children(element: Any) -> Iterator[Any]:
    for name, _ in getattr(element, "_traverse_internals", ()):
        yield from _elements_in(getattr(element, name, None))


def _elements_in(value: Any) -> Iterator[Any]:
    if isinstance(value, ClauseElement):
        yield value
    elif isinstance(value, dict):
        yield from _elements_in(tuple(value))
        yield from _elements_in(tuple(value.values()))
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _elements_in(item)
    elif hasattr(value, "__clause_element__"):
        refuse(f"it holds {value!r}, which turns into an expression later", "give the expression itself")
