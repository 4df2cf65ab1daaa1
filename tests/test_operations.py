"""The documents that frontends start from: each answers on the demo, within its number of statements."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.executor import CompiledExecutor
from gateway.execution.plans import Plans
from tabard import Plugin
from tabard.testing import Answer, Gateway
from tests.support.asking import resolved
from tests.support.gateways import opened

PATIENCE = 30
FOLDER = Path(__file__).resolve().parents[1] / "schema" / "operations"
DOCUMENTS = sorted(FOLDER.glob("*.graphql"))


@dataclass(frozen=True)
class Operation:
    """A document with what its comments say."""

    text: str

    def said(self, name: str) -> str | None:
        """What the comment `# name: …` says."""
        found = re.search(rf"^# {name}: (.+)$", self.text, re.MULTILINE)
        return found.group(1) if found else None

    async def variables(self, gateway: Gateway, persona: str) -> dict[str, Any]:
        """The variables, `@workspace` and `@company` and so on replaced by ids of the demo."""
        return await resolved(gateway, persona, json.loads(self.said("variables") or "{}"))


def read(path: Path) -> Operation:
    """The document in a file."""
    return Operation(path.read_text(encoding="utf-8"))


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) >= 12


@pytest.mark.parametrize(
    "executor", [CompiledExecutor, StrawberryGraphQLCoreExecutionContext], ids=["compiled", "stock"]
)
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
async def test_each_operation_answers_within_its_statements(
    demo_url: str, plugins: Sequence[Plugin], path: Path, executor: type[Executor[Any]]
) -> None:
    operation = read(path)
    async with opened(demo_url, plugins, executor) as gateway:
        await _answer_within_its_statements(gateway, operation, path)
        if executor is CompiledExecutor:
            assert set(Plans.of(gateway.graph.graphql_schema).fallbacks.counts) == {None}


async def _answer_within_its_statements(gateway: Gateway, operation: Operation, path: Path) -> None:
    persona = operation.said("persona")
    assert persona, f"{path.name} must say `# persona: …`"
    answer = await answered(gateway, operation, persona)
    assert answer.errors == []
    assert _user_errors(answer.data) == []
    assert answer.statements == int(operation.said("statements") or -1)


async def answered(gateway: Gateway, operation: Operation, persona: str) -> Answer:
    """The answer; to a subscription, that of the first event which another document causes."""
    variables = await operation.variables(gateway, persona)
    cause = operation.said("told of")
    if cause is None:
        return await gateway.execute(operation.text, variables, persona=persona)
    async with gateway.subscribed(operation.text, variables, persona=persona) as answers:
        changed = await answered(gateway, read(FOLDER / f"{cause}.graphql"), persona)
        assert _user_errors(changed.data) == []
        async with asyncio.timeout(PATIENCE):
            return await anext(answers)


def _user_errors(data: Any) -> list[Any]:
    if isinstance(data, dict):
        own = data.get("userErrors") or []
        return [*own, *(error for value in data.values() for error in _user_errors(value))]
    return [error for item in data for error in _user_errors(item)] if isinstance(data, list) else []
