"""Walk: the way to every field of every type of a schema, and documents that try them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)

from tabard.naming import snake
from tests.promises.support.values import Values

PAGE = 3


@dataclass(frozen=True)
class Attempt:
    """One field of one type, with the arguments that are tried there."""

    type: str
    name: str
    args: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def position(self) -> str:
        return f"{self.type}.{self.name}"


@dataclass(frozen=True)
class Step:
    """A field on the way to a type; `to` is the type that it leads to."""

    type: str
    name: str
    to: str
    args: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass
class Document:
    """An operation that makes some attempts at one type, each under an alias of its own."""

    text: str
    variables: dict[str, Any]
    attempts: Sequence[Attempt]


class Walk:
    """The routes from Query to each type; what they need on the way are good values."""

    def __init__(self, schema: GraphQLSchema, values: Values) -> None:
        self.schema = schema
        self.values = values
        self.routes = self._routes()

    def _routes(self) -> dict[str, tuple[Step, ...]]:
        found: dict[str, tuple[Step, ...]] = {"Query": ()}
        waiting = ["Query"]
        while waiting:
            type_ = waiting.pop(0)
            for name, item in sorted(self.fields(type_).items(), key=lambda pair: _needed(pair[1])):
                for target in self.targets(get_named_type(item.type)):
                    if target.name not in found:
                        step = Step(type_, name, target.name, self.required(item, target.name))
                        found[target.name] = (*found[type_], step)
                        waiting.append(target.name)
        return found

    def fields(self, type_: str) -> dict[str, GraphQLField]:
        """The fields of an object type."""
        found = self.schema.type_map[type_]
        assert isinstance(found, GraphQLObjectType)
        fields: dict[str, GraphQLField] = found.fields
        return fields

    def targets(self, type_: GraphQLNamedType) -> list[GraphQLObjectType]:
        """The object types that a field of this type may give."""
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        if isinstance(type_, GraphQLInterfaceType):
            return sorted(self.schema.get_implementations(type_).objects, key=lambda item: item.name)
        return []

    def required(self, item: GraphQLField, target: str | None = None) -> dict[str, Any]:
        """Good values of the arguments that must be given."""
        hint = snake(target or get_named_type(item.type).name)
        return {
            name: self.values.good(argument.type, name, hint)
            for name, argument in item.args.items()
            if is_required_argument(argument)
        }

    def attempts(self, type_: str) -> Iterator[Attempt]:
        """Every field of the type, and every value of each of its arguments."""
        for name, item in self.fields(type_).items():
            required = self.required(item)
            yield Attempt(type_, name, required)
            for argument, given in item.args.items():
                page = _page(item, argument)
                for value in self.values.variants(given.type, argument, f"{type_}.{name}"):
                    yield Attempt(type_, name, required | page | {argument: value})

    def every_attempt(self) -> Iterator[Attempt]:
        """The attempts at all types that lie below Query."""
        for type_ in self.routes:
            yield from self.attempts(type_)

    def documents(self, attempts: Iterable[Attempt], size: int = 50) -> Iterator[Document]:
        """The attempts as operations, those at one type together."""
        by_type: dict[str, list[Attempt]] = {}
        for attempt in attempts:
            by_type.setdefault(attempt.type, []).append(attempt)
        for type_, found in by_type.items():
            for start in range(0, len(found), size):
                yield self.document(type_, found[start : start + size])

    def document(self, type_: str, attempts: Sequence[Attempt]) -> Document:
        """One operation with all attempts at one type."""
        writer = _Writer(self)
        inner = " ".join(writer.call(f"a{place}", item) for place, item in enumerate(attempts))
        for step in reversed(self.routes.get(type_, ())):
            inner = writer.step(step, inner)
        kind = {"Mutation": "mutation", "Subscription": "subscription"}.get(type_, "query")
        text = f"{kind} Tried{writer.signature} {{ {inner} }}\n{writer.fragments.text}"
        return Document(text, writer.variables, attempts)


def _needed(item: GraphQLField) -> int:
    return sum(is_required_argument(argument) for argument in item.args.values())


def _page(item: GraphQLField, argument: str) -> dict[str, Any]:
    """A small page beside an argument that is tried."""
    if "first" not in item.args or argument in {"first", "last"}:
        return {}
    return {"last": PAGE} if argument == "before" else {"first": PAGE}


class Fragments:
    """Selections of all that an object holds itself, and of other nodes what they hold themselves."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._made: dict[str, str] = {}

    @property
    def text(self) -> str:
        return "\n".join(self._made.values())

    def below(self, type_: GraphQLNamedType) -> str:
        """The selection set of a type."""
        if type_.name not in self._made:
            self._made[type_.name] = f"fragment All{type_.name} on {type_.name} {{ __typename }}"
            parts = " ".join(self._parts(type_))
            self._made[type_.name] = f"fragment All{type_.name} on {type_.name} {{ __typename {parts} }}"
        return f"{{ ...All{type_.name} }}"

    def _parts(self, type_: GraphQLNamedType) -> Iterator[str]:
        if isinstance(type_, GraphQLInterfaceType):
            for item in self._walk.targets(type_):
                yield f"... on {item.name} {self.below(item)}"
        elif isinstance(type_, GraphQLObjectType):
            for name, item in type_.fields.items():
                yield from self._one(type_, name, item)

    def _one(self, owner: GraphQLObjectType, name: str, item: GraphQLField) -> Iterator[str]:
        named = get_named_type(item.type)
        if any(is_required_argument(argument) for argument in item.args.values()):
            return
        # Fields of one name may differ in type from fragment to fragment, so each has its own alias.
        if is_leaf_type(named):
            yield f"{owner.name}_{name}: {name}"
        elif ("id" not in owner.fields or self._is_value(named)) and named.name != owner.name:
            yield f"{owner.name}_{name}: {name} {self.below(named)}"

    def _is_value(self, type_: GraphQLNamedType) -> bool:
        found = self._walk.targets(type_)
        return all(
            "id" not in item.fields and not any(map(_leads_on, item.fields.values())) for item in found
        )


def _leads_on(item: GraphQLField) -> bool:
    return bool(item.args) or not is_leaf_type(get_named_type(item.type))


class _Writer:
    """Writes calls with their arguments as variables."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._types: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self.fragments = Fragments(walk)

    @property
    def signature(self) -> str:
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._types.items())
        return f"({declared})" if declared else ""

    def call(self, alias: str, attempt: Attempt) -> str:
        item = self._walk.fields(attempt.type)[attempt.name]
        named = get_named_type(item.type)
        below = self.fragments.below(named) if is_composite_type(named) else ""
        return f"{alias}: {attempt.name}{self._arguments(item, attempt.args)} {below}"

    def step(self, step: Step, inner: str) -> str:
        item = self._walk.fields(step.type)[step.name]
        is_one_of_many = get_named_type(item.type).name != step.to
        inner = f"... on {step.to} {{ {inner} }}" if is_one_of_many else inner
        return f"{step.name}{self._arguments(item, step.args)} {{ {inner} }}"

    def _arguments(self, item: GraphQLField, given: dict[str, Any]) -> str:
        written = []
        for name, value in given.items():
            variable = f"v{len(self.variables)}"
            self.variables[variable] = value
            self._types[variable] = str(item.args[name].type)
            written.append(f"{name}: ${variable}")
        return f"({', '.join(written)})" if written else ""
