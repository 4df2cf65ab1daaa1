"""Mutations: input, payload and `userErrors` derived from a function; one unit of work each."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import sqlalchemy as sa
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument, StrawberryArgumentAnnotation, convert_argument
from strawberry.types.field import StrawberryField

from tabard.context import Context
from tabard.contributions import FieldContribution, MutationContribution
from tabard.entities import is_entity
from tabard.errors import Fault, RequestEnded, StartError
from tabard.idempotency import claimed
from tabard.inputs import received
from tabard.naming import camel, pascal, snake
from tabard.nouns.node import Deleted, Named, Record
from tabard.nouns.nodes import RecordRead
from tabard.nouns.workspace import Workspace, WorkspaceRead
from tabard.policies import Policy
from tabard.reads.level import DeclaredRead
from tabard.reads.related import OneRead
from tabard.user_errors import UserError, user_error
from tabard.work import Work

RESULT = "result_id"
INPUT = "input"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a mutation's function: what clients send and what the function gets."""

    name: str
    annotation: Any
    default: Any
    words: str | None = None

    @classmethod
    def of(cls, name: str, hint: Any, default: Any) -> Parameter:
        """From a type hint; `Annotated[..., strawberry.argument(description=...)]` describes it."""
        if typing.get_origin(hint) is not Annotated:
            return cls(name, hint, default)
        annotation, *marks = typing.get_args(hint)
        words = [mark.description for mark in marks if isinstance(mark, StrawberryArgumentAnnotation)]
        return cls(name, annotation, default, words[0] if words else None)

    @property
    def description(self) -> str:
        """What frontends read about it; without the author's words at least its name."""
        named = self.name.replace("_", " ")
        return self.words or (f"Global id of the {named}." if self.entity is not None else f"The {named}.")

    @cached_property
    def entity(self) -> type | None:
        """The stored type that is sent as its id."""
        options = [
            option for option in (self.annotation, *typing.get_args(self.annotation)) if is_entity(option)
        ]
        return options[0] if options else None

    @cached_property
    def path(self) -> list[str]:
        """Where it stands among the arguments."""
        return [INPUT, camel(self.name)]

    @property
    def is_optional(self) -> bool:
        return type(None) in typing.get_args(self.annotation)

    @property
    def sent_as(self) -> Any:
        if self.entity is None:
            return self.annotation
        return strawberry.ID | None if self.is_optional else strawberry.ID


class Mutation:
    """A contributed mutation with its derived input and payload types."""

    def __init__(self, contribution: MutationContribution) -> None:
        self.contribution = contribution
        hints = typing.get_type_hints(contribution.function, include_extras=True)
        self.parameters = [
            Parameter.of(parameter.name, hints[parameter.name], parameter.default)
            for parameter in list(inspect.signature(contribution.function).parameters.values())[1:]
        ]
        self.result = _without_none(hints.get("return"))
        self.input = self._input()
        self.payload = self._payload()

    @property
    def result_name(self) -> str:
        """The payload's field: the result's noun."""
        return snake(self.result.__name__) if self.result is not None else ""

    def result_field(self) -> FieldContribution | None:
        """The payload's field, read afresh after the commit."""
        if self.result in (None, Deleted):
            return None
        return FieldContribution(
            self.contribution.plugin,
            self.payload,
            self.result_name,
            self.result | None,
            fresh(self.result),
            "The result as it is after the change; null when `userErrors` has an entry.",
            policy=self.contribution.policy,
        )

    async def run(self, context: Context, path: str, given: Any) -> Any:
        """Does the work and answers with the payload; an expected failure is in `userErrors`.

        `given` is the input, or the fault that refuses it. With an idempotency key a repeated call does no
        work and reads the first one's result afresh.
        """
        try:
            result = await self._work(context, path, given)
        except Fault as fault:
            return self._answer(None, [user_error(fault)])
        finally:
            context.renew()
        return self._answer(result, [])

    async def _work(self, context: Context, path: str, given: Any) -> Any:
        if isinstance(given, Fault):
            raise given
        # A request never holds two connections: many that did would wait for each other.
        await context.session.release()
        try:
            return await self._transaction(context, path, given)
        except (sa.exc.IntegrityError, RequestEnded) as error:
            # What the function wrote last is sent with the commit, and refused only there.
            plugin, function = self.contribution.plugin, self.contribution.function
            raise context.graph.containment.failed(plugin, function, error) from error

    async def _transaction(self, context: Context, path: str, given: Any) -> Any:
        graph, operation = context.graph, self.contribution.graphql_name
        async with graph.database.writing(context.scope) as session:
            work = Work(context.viewer, session, graph.new_id, graph.now(), graph.registry, operation)
            claim = await claimed(work, context.idempotency_key, path, given)
            if claim is not None and claim.is_replay:
                return claim.result
            arguments = await self._arguments(work, given)
            result = await context.contained(
                self.contribution.plugin, self.contribution.function, work, **arguments
            )
            outcome = _outcome(result)
            if claim is not None:
                claim.keep(work, outcome)
            return outcome

    async def _arguments(self, work: Work, given: Any) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {}
        for parameter in self.parameters:
            value = getattr(given, parameter.name)
            if value is strawberry.UNSET:
                continue
            if parameter.entity is not None and value is not None:
                value = await work.find_global(parameter.entity, value, parameter.path)
            arguments[parameter.name] = value
        return arguments

    def _answer(self, result: Any, errors: list[UserError]) -> Any:
        payload = self.payload(user_errors=errors)
        setattr(payload, "deleted_id" if self.result is Deleted else RESULT, result)
        return payload

    def _input(self) -> type | None:
        if not self.parameters:
            return None
        name = f"{pascal(self.contribution.name)}Input"
        namespace: dict[str, Any] = {
            "__annotations__": {item.name: item.sent_as for item in self.parameters},
            "__module__": self.contribution.function.__module__,
            "__qualname__": name,
        }
        for item in self.parameters:
            options = {} if item.default is inspect.Parameter.empty else {"default": item.default}
            namespace[item.name] = strawberry.field(description=item.description, **options)
        class_ = strawberry.input(
            type(name, (), namespace), description=f"Input of `{self.contribution.graphql_name}`."
        )
        # Strawberry turns a misplaced null away as a failure of the server, without saying where.
        class_.__strawberry_definition__.from_input = received  # type: ignore[attr-defined]
        return class_

    def _payload(self) -> type:
        name = f"{pascal(self.contribution.name)}Payload"
        annotations: dict[str, Any] = {RESULT: strawberry.Private[object], "user_errors": list[UserError]}
        namespace: dict[str, Any] = {
            "__annotations__": annotations,
            "__module__": self.contribution.function.__module__,
            "__qualname__": name,
            RESULT: None,
            "user_errors": strawberry.field(
                description="Why nothing was changed; empty when everything was.", default_factory=list
            ),
        }
        if self.result is Deleted:
            annotations["deleted_id"] = strawberry.ID | None
            namespace["deleted_id"] = strawberry.field(
                description="Global id of what was deleted; null when `userErrors` has an entry.",
                default=None,
            )
        class_ = type(name, (), namespace)
        return strawberry.type(class_, description=f"Result of `{self.contribution.graphql_name}`.")


class MutationField(StrawberryField):
    """A mutation as a Strawberry field."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__(
            python_name=mutation.contribution.name,
            type_annotation=StrawberryAnnotation(mutation.payload | None),
            description=mutation.contribution.description,
        )
        self.mutation = mutation
        if mutation.input is not None:
            annotation = StrawberryAnnotation(mutation.input)
            self.arguments = [StrawberryArgument(INPUT, None, annotation, description="What to change.")]

    @property
    def is_basic_field(self) -> bool:
        return False

    @property
    def policy(self) -> Policy | None:
        return self.mutation.contribution.policy

    def __copy__(self) -> MutationField:
        return MutationField(self.mutation)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return self.mutation.run(info.context, str(info.path.key), kwargs.get(INPUT))

    def received(self, given: Mapping[str, Any], scalars: Mapping[Any, Any], config: StrawberryConfig) -> Any:
        """The input as `get_result` gets it, of the arguments as graphql-core has read them."""
        value, type_ = given.get(INPUT), self.mutation.input
        if value is None or type_ is None:
            return None
        return convert_argument(value, type_, scalars, config, path=(INPUT,))


def _outcome(result: Any) -> int | str | None:
    """What names the result: a row's id, or a record's global id."""
    if isinstance(result, Named):
        return result.global_id
    return typing.cast("int | str | None", getattr(result, "id", result))


def fresh(type_: type) -> DeclaredRead:
    """How a payload reads its result, by the name or id in the payload."""
    if type_ is Record:
        return RecordRead(RESULT)
    if is_entity(type_):
        return OneRead(type_, RESULT)
    if type_ is Workspace:
        return WorkspaceRead(RESULT)
    raise StartError(f"a mutation cannot return {type_.__name__}: return a stored type, Workspace or None")


def _without_none(annotation: Any) -> Any:
    options = [option for option in typing.get_args(annotation) if option is not type(None)]
    return (options[0] if options else annotation) if annotation is not type(None) else None
