"""Types: which object type a value is of. What Strawberry generates is asked once for each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLAbstractType, GraphQLObjectType, GraphQLSchema

from gateway.execution.awaitables import may_be_awaited
from gateway.execution.columns import Values
from tabard.guard import GuardedNaming

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run
    from tabard.policies import Policy

InfoOf = Callable[[int], Any]
DEFINITION = "strawberry-definition"
CAST = "__as_strawberry_type__"
GENERATED_TEST = "GraphQLCoreConverter.from_object.<locals>._get_is_type_of.<locals>.is_type_of"
GENERATED_NAMING = "GraphQLCoreConverter.from_interface.<locals>._get_resolve_type.<locals>.resolve_type"


class TypeTest:
    """`is_type_of` for all objects of a level."""

    def __init__(self, type_: GraphQLObjectType) -> None:
        self._test = type_.is_type_of
        definition = type_.extensions.get(DEFINITION)
        is_generated = self._test is None or getattr(self._test, "__qualname__", "") == GENERATED_TEST
        class_ = definition.origin if is_generated and definition is not None else None
        self._class = None if class_ is None or may_be_awaited(class_) else class_

    def each(self, run: Run, values: list[Any], info_of: InfoOf) -> Values:
        """Whether each is of the type: a truth, an awaitable of one, or an exception."""
        test = self._test
        if test is None:
            return [True] * len(values)
        return run.mapped(lambda row: test(values[row], info_of(row)), range(len(values)))

    def is_sure_of(self, values: Values) -> bool:
        """Whether all are instances of the very class: no null, no exception, no awaitable, nothing that was cast."""
        if self._class is None or list(map(type, values)).count(self._class) != len(values):
            return False
        return self._test is None or not any(map(hasattr, values, repeat(CAST)))


class TypeNaming:
    """`resolve_type` for all objects of a level."""

    def __init__(self, type_: GraphQLAbstractType) -> None:
        self._type = type_
        self._resolve = type_.resolve_type
        self._policies: Mapping[str, Policy] = {}
        if isinstance(self._resolve, GuardedNaming):
            self._policies, self._resolve = self._resolve.policies, self._resolve.resolve_type
        self._is_generated = getattr(self._resolve, "__qualname__", "") == GENERATED_NAMING
        self._classes: dict[type, str | None] = {}
        self._rows: dict[type, GraphQLObjectType | None] = {}

    def each(self, run: Run, values: list[Any], info_of: InfoOf) -> Values:
        """The name of each one's type: a string, an awaitable of one, or an exception."""
        resolve = self._resolve or run.executor.type_resolver
        known = [self._known(value) for value in values] if self._is_generated else [None] * len(values)
        return run.mapped(
            lambda row: known[row] or resolve(values[row], info_of(row), self._type), range(len(values))
        )

    def _known(self, value: Any) -> str | None:
        """The name by the value's class, where Strawberry's own function would find just that."""
        if hasattr(value, CAST):
            return None
        class_ = type(value)
        if class_ not in self._classes:
            definition = class_.__dict__.get("__strawberry_definition__")
            interface = self._type.extensions[DEFINITION].origin
            is_sure = issubclass(class_, interface) and not getattr(definition, "is_graphql_generic", True)
            self._classes[class_] = getattr(definition, "name", None) if is_sure else None
        return self._classes[class_]

    def type_of(self, run: Run, name: Any, value: Any, field: FieldPlan) -> GraphQLObjectType:
        """The named type; raises what graphql-core raises when it is none of the field's."""
        if isinstance(name, Exception):
            raise name
        type_ = run.schema.get_type(name) if isinstance(name, str) else None
        if isinstance(type_, GraphQLObjectType) and run.schema.is_sub_type(self._type, type_):
            return type_
        executor = run.executor
        info = executor.build_resolve_info(field.definition, field.nodes, field.parent, cast(Any, None))
        return executor.ensure_valid_runtime_type(name, self._type, field.details, info, value)

    def denial(self, run: Run, type_: GraphQLObjectType) -> Exception | None:
        """Why the viewer may not see objects of the type; the same for all of them."""
        policy = self._policies.get(type_.name)
        return None if policy is None else run.denial([policy])

    def of_rows(self, schema: GraphQLSchema, class_: type) -> GraphQLObjectType | None:
        """The type of a batch's rows; None where they have to be asked one by one."""
        if class_ not in self._rows:
            definition = class_.__dict__.get("__strawberry_definition__")
            type_ = schema.get_type(definition.name) if definition is not None else None
            is_one = isinstance(type_, GraphQLObjectType) and schema.is_sub_type(self._type, type_)
            self._rows[class_] = type_ if is_one else None  # type: ignore[assignment]
        return self._rows[class_]
