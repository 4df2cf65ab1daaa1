"""What the engine does not take is left to graphql-core, counted by its reason, and answers the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from graphql import (
    AbortController,
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    build_schema,
    execute,
    parse,
)
from graphql.execution import ExecutionHooks
from graphql.pyutils.is_awaitable import is_awaitable
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from gateway.execution.executor import CompiledExecutor
from gateway.execution.fallback import Reason
from gateway.execution.plans import MOST_VARIANTS, Plans
from tests.gateway.execution.hostile_schema import HostileContext, hostile_schema


def fresh(sightings: int = 1, **limits: int) -> GraphQLSchema:
    """A schema that nothing was asked of yet."""
    schema = hostile_schema()._schema
    schema.extensions[Plans.KEY] = Plans(sightings=sightings, **limits)
    return schema


async def asked(
    schema: GraphQLSchema, document: DocumentNode | str, variables: Any = None, **options: Any
) -> ExecutionResult:
    """The compiled executor's answer."""
    parsed = parse(document) if isinstance(document, str) else document
    result: Any = execute(
        schema,
        parsed,
        context_value=HostileContext(),
        variable_values=variables,
        executor_class=CompiledExecutor,
        **options,
    )
    outcome: ExecutionResult = await result if is_awaitable(result) else result
    return outcome


def passed_through(next_: Any, source: Any, info: Any, **args: Any) -> Any:
    """A middleware that does nothing."""
    return next_(source, info, **args)


OPTIONS: dict[Reason, Callable[[], dict[str, Any]]] = {
    Reason.MIDDLEWARE: lambda: {"middleware": [passed_through]},
    Reason.ABORT_SIGNAL: lambda: {"abort_signal": AbortController().signal},
    Reason.HOOKS: lambda: {"hooks": ExecutionHooks(async_work_finished=lambda info: None)},
    Reason.AWAITABLES: lambda: {"is_awaitable": partial(is_awaitable)},
}
DOCUMENTS = {
    Reason.INTROSPECTION: "{ __schema { queryType { name } } things { name } }",
    Reason.INCREMENTAL: "{ things { name ... @defer(if: false) { number } } }",
    Reason.ERROR_PROPAGATION: (
        f"query @{GraphQLDisableErrorPropagationDirective.name} {{ things {{ name }} }}"
    ),
}


@pytest.mark.parametrize("reason", OPTIONS)
async def test_what_the_caller_asks_for_may_be_graphql_cores_alone(reason: Reason) -> None:
    schema, query = fresh(), "{ things { name ... on Rock { cracked { name } } } rocks { strict } }"

    answer = await asked(schema, query, **OPTIONS[reason]())

    assert Plans.of(schema).fallbacks.counts == {reason: 1}
    assert answer == await asked(schema, query)


@pytest.mark.parametrize("reason", DOCUMENTS)
async def test_what_a_document_asks_for_may_be_graphql_cores_alone(reason: Reason) -> None:
    schema = fresh()

    answer = await asked(schema, DOCUMENTS[reason])

    assert answer.errors is None
    assert answer.data is not None
    assert answer.data["things"][1]["name"] == "rock 1"
    assert Plans.of(schema).fallbacks.counts == {reason: 1}


async def test_new_document_is_planned_when_it_comes_again() -> None:
    schema, document = fresh(sightings=2), parse("{ things { name } }")

    answers = [await asked(schema, document) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert Plans.of(schema).fallbacks.counts == {Reason.FIRST_SIGHTING: 1, None: 2}


async def test_engine_that_is_switched_off_plans_nothing() -> None:
    schema = fresh()
    Plans.of(schema).is_on = False

    answer = await asked(schema, "{ things { name } }")

    assert answer.errors is None
    assert Plans.of(schema).fallbacks.counts == {Reason.SWITCHED_OFF: 1}
    assert len(Plans.of(schema)) == 0


async def test_document_with_ever_new_conditions_gets_no_more_plans() -> None:
    names = [f"c{number}" for number in range(5)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: name @include(if: ${name})" for name in names)
    schema, document = fresh(), parse(f"query ({declared}) {{ things {{ number {fields} }} }}")

    for number in range(MOST_VARIANTS + 2):
        yes = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        answer = await asked(schema, document, yes)
        assert answer.data is not None
        assert set(answer.data["things"][0]) == {"number", *(name for name in names if yes[name])}

    assert Plans.of(schema).fallbacks.counts == {None: MOST_VARIANTS, Reason.TOO_MANY_VARIANTS: 2}


async def test_operation_that_cannot_be_planned_gets_graphql_cores_answer() -> None:
    schema = build_schema("type Query { a: Int }")
    schema.extensions[Plans.KEY] = Plans(sightings=1)

    answer = await asked(schema, "mutation { a }")

    assert answer.errors is not None
    assert "not configured to execute mutation" in answer.errors[0].message
    assert Plans.of(schema).fallbacks.counts == {Reason.NOT_PLANNED: 1}


async def test_plans_are_bounded_by_count_and_by_bytes() -> None:
    few, light = fresh(most=3), fresh(most_bytes=30_000)
    for number in range(40):
        await asked(few, f"{{ a{number}: things {{ name }} }}")
        await asked(light, f"{{ a{number}: things {{ name }} }}")

    assert len(Plans.of(few)) == 3
    assert 1 < len(Plans.of(light)) < 10
    assert Plans.of(light).weight <= 30_000


async def test_plans_die_with_their_schema() -> None:
    schema = fresh()
    await asked(schema, "{ things { name others { name score } } }")
    assert len(Plans.of(schema)) == 1
    plans = weakref.ref(Plans.of(schema))

    del schema
    gc.collect()

    assert plans() is None


def test_synchronous_execution_is_compiled_too() -> None:
    assembled = hostile_schema(CompiledExecutor)
    Plans.of(assembled._schema).sightings = 1

    answer = assembled.execute_sync("{ things { name } wrong { intText } }", context_value=HostileContext())

    assert answer.data is not None
    assert answer.data["wrong"] == {"intText": 12}
    assert Plans.of(assembled._schema).fallbacks.counts == {None: 1}


def test_every_reason_has_a_test() -> None:
    elsewhere = {
        Reason.FIRST_SIGHTING,
        Reason.SWITCHED_OFF,
        Reason.TOO_MANY_VARIANTS,
        Reason.NOT_PLANNED,
    }
    assert {*OPTIONS, *DOCUMENTS} | elsewhere == set(Reason)
