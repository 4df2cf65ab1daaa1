"""The door's rules: a statement is refused unless each of its parts is on the closed lists."""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql import annotation, elements, functions, selectable, sqltypes
from sqlalchemy.sql.elements import ClauseElement

from tabard.storage import door_lists as lists
from tabard.storage.door_tables import ACTOR, IDENTIFIER, PORTAL, RESERVED, Admissions, refuse
from tabard.storage.keys import KeyRows

GENERATED_NAME: Final = re.compile(r"%\(\d+ \w*\)s", re.ASCII)
COMPOUND_ANNOTATIONS: Final = {"weight"}
OPAQUE: Final = ("__clause_element__", "__iter__", "__getitem__")
DESCRIPTIONS: Final = {
    "TextClause": "raw text",
    "TextualSelect": "raw text",
    "_textual_label_reference": "a column's name as text",
    "TableClause": "a table made by sa.table()",
}


class Inspection:
    """Walks a statement before it is compiled and refuses whatever is not on the lists.

    The walk follows `_traverse_internals`, by which SQLAlchemy itself tells cached statements apart:
    what is not in there has no influence on the text.
    """

    def __init__(self, admissions: Admissions, dialect: sa.Dialect) -> None:
        self._admissions = admissions
        self._dialect = dialect
        self._rules: dict[type, Callable[[Any], None]] = {
            sa.Table: self._check_table,
            elements.Extract: _check_extract,
            elements.TypeClause: self._check_type_of,
            selectable.TableValuedAlias: _check_table_valued,
            **dict.fromkeys(lists.COLUMN_CLASSES, _check_column),
            **dict.fromkeys(lists.PARAMETER_CLASSES, _check_parameter),
            **dict.fromkeys(lists.FUNCTION_CLASSES, _check_function),
            **dict.fromkeys(lists.INSERT_CLASSES, _check_insert),
            **dict.fromkeys(lists.VALUES_CLASSES, _check_values),
            **dict.fromkeys(lists.SAVEPOINT_CLASSES, _check_savepoint),
        }

    def check(self, statement: Any) -> None:
        """Refuses the statement unless all that it is made of is known to stay within the portal."""
        waiting, seen = [statement], set[int]()
        while waiting:
            element = waiting.pop()
            if id(element) not in seen:
                seen.add(id(element))
                waiting.extend(self._check_one(element))

    def _check_one(self, element: Any) -> Iterator[Any]:
        """Checks a part by itself; gives the parts that it is made of."""
        kind = _known_class(element)
        _check_additions(element)
        _check_operator(vars(element).get("operator"))
        _check_operator(vars(element).get("modifier"))
        if isinstance(element, sa.ColumnElement):
            self._check_type_of(element)
        if kind in self._rules:
            self._rules[kind](element)
        return self._own_rule(element) if kind is sa.Table else _parts(element)

    def _check_table(self, table: sa.Table) -> None:
        self._admissions.admit(table)
        if table not in self._admissions.typed:
            for column in table.columns:
                self._check_type_of(column)
            self._admissions.typed.add(table)

    def _own_rule(self, table: sa.Table) -> Iterator[Any]:
        rows = self._admissions.admit(table)
        if rows is not None and rows.own is not None:
            yield rows.own

    def _check_type_of(self, element: Any) -> None:
        _check_type(element.type, self._dialect)


def _known_class(element: Any) -> type:
    """The element's class as the lists know it; refuses every other class."""
    kind = type(element)
    if isinstance(element, annotation.Annotated) and element._annotations.keys() <= COMPOUND_ANNOTATIONS:
        kind = next(
            (known for known in lists.CLASSES if annotation.annotated_classes.get(known) is kind), kind
        )
    if kind not in lists.CLASSES:
        what = DESCRIPTIONS.get(kind.__name__, f"a part of the class {kind.__name__}")
        refuse(f"it holds {what}", "use tables, columns, operators and functions of the door's lists")
    renderer: Any = kind
    if (
        kind not in lists.OUR_CLASSES
        and renderer._compiler_dispatch is not renderer._original_compiler_dispatch
    ):
        refuse(f"{kind.__name__} has been given a rendering of its own", "remove the @compiles function")
    return kind


def _check_additions(element: Any) -> None:
    for name in lists.ADDITIONS:
        addition = vars(element).get(name)
        if isinstance(addition, ClauseElement) or addition:
            refuse(f"it has {name.strip('_').replace('_', ' ')}", "leave out prefixes, hints and options")
    if any(str(name).startswith(RESERVED) for name in vars(element).get("_params", ())):
        refuse("it sets the door's own parameters", "leave them to the execution")


def _check_operator(operator: Any) -> None:
    if operator is not None and id(operator) not in lists.OPERATORS:
        name = getattr(operator, "opstring", getattr(operator, "__name__", operator))
        refuse(f"it uses the operator '{name}'", "use a comparison or arithmetic that both databases have")


def _check_column(column: elements.ColumnClause[Any]) -> None:
    if column.is_literal and column.name != "*":
        refuse(f"it holds the literal column {column.name!r}", "use the table's column")
    if not column.is_literal and column.table is None:
        refuse(f"it holds the column '{column.name}' of no table", "use the table's column")
    if type(column.table) is sa.Table and column.table.columns.get(column.key) is not column:
        refuse(f"the column '{column.name}' is not the table's own", "use the table's column")


def _check_parameter(parameter: elements.BindParameter[Any]) -> None:
    if parameter is PORTAL or parameter is ACTOR:
        return
    key, original = str(parameter.key), str(parameter._orig_key)
    if key.startswith(RESERVED) or original.startswith(RESERVED):
        refuse(f"it holds a parameter named '{original}'", "choose another name: the door gives that value")
    if not (GENERATED_NAME.fullmatch(key) or IDENTIFIER.fullmatch(key)):
        refuse(f"it holds a parameter named '{key}'", "use letters, digits and underscores")
    if parameter.literal_execute or parameter.isoutparam:
        refuse(f"it writes the parameter '{original}' into the text", "bind the value")


def _check_function(function: functions.Function[Any]) -> None:
    if function.name not in lists.FUNCTIONS or getattr(function, "packagenames", None):
        refuse(f"it calls the function '{function.name}'", f"use one of {', '.join(sorted(lists.FUNCTIONS))}")
    if function._with_ordinality:
        refuse(f"it takes rows from the function '{function.name}'", "use key_rows() for a list of keys")


def _check_extract(extract: elements.Extract) -> None:
    if extract.field not in lists.FIELDS:
        refuse(f"it extracts '{extract.field}'", f"extract one of {', '.join(sorted(lists.FIELDS))}")


def _check_table_valued(alias: selectable.TableValuedAlias) -> None:
    if type(alias.element) is not KeyRows or alias._render_derived:
        refuse("it takes rows from a function", "use key_rows() for a list of keys")


def _check_values(values: Any) -> None:
    if values.literal_binds:
        refuse("it writes VALUES into the text", "bind them")


def _check_insert(insert: sa.Insert) -> None:
    if insert.select is not None:
        refuse("it inserts the rows of a SELECT", "read the rows, then insert them")


def _check_savepoint(savepoint: Any) -> None:
    if not IDENTIFIER.fullmatch(savepoint.ident):
        refuse(f"it names the savepoint {savepoint.ident!r}", "use letters, digits and underscores")


def _check_type(type_: Any, dialect: sa.Dialect) -> None:
    for variant in (type_._variant_mapping or {}).values():
        _check_type(variant, dialect)
    if isinstance(type_, sa.types.TypeDecorator):
        if type_._has_bind_expression or type_._has_column_expression:
            refuse(f"the type {type_!r} adds expressions of its own", "convert the values in Python")
        _check_type(type_.load_dialect_impl(dialect), dialect)
    elif isinstance(type_, (sqltypes.TupleType, sa.ARRAY)):
        for member in type_.types if isinstance(type_, sqltypes.TupleType) else (type_.item_type,):
            _check_type(member, dialect)
    elif not isinstance(type_, sqltypes.TableValueType):
        _check_plain_type(type_)


def _check_plain_type(type_: Any) -> None:
    kind = type(type_)
    is_sqlalchemys = getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind
    sizes = [getattr(type_, name, None) for name in ("length", "precision", "scale")]
    words = {getattr(type_, name, None) for name in ("collation", "fields", "schema")}
    is_plain = all(size is None or type(size) is int for size in sizes) and words <= {None, "C"}
    is_plain = is_plain and type_._type_affinity in lists.TYPES
    if not (is_sqlalchemys and kind.__module__.startswith("sqlalchemy.") and is_plain):
        refuse(f"it uses the type {kind.__module__}.{kind.__name__}", "use a plain type, or decorate one")


def _parts(element: Any) -> Iterator[Any]:
    if type(element) in lists.PARAMETER_CLASSES:
        return
    for name, _ in getattr(type(element), "_traverse_internals", ()):
        yield from _elements_in(getattr(element, name, None))
    yield from _elements_in(vars(element).get("typeclause"))


def _elements_in(value: Any) -> Iterator[Any]:
    if isinstance(value, ClauseElement):
        yield value
    elif isinstance(value, dict):
        yield from _elements_in((*value, *value.values()))
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _elements_in(item)
    elif not isinstance(value, (str, bytes)) and any(hasattr(value, name) for name in OPAQUE):
        kind = type(value).__name__
        refuse(f"it holds a {kind}, whose content is not known yet", "use tuples, lists and dictionaries")
