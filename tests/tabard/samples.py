"""Plugins to assemble, small ones and all bundled ones, and a graph that answers without reading a row."""

import importlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, parse, validate
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tabard import Permission, Plugin, Public, Reader, Settings, Subject, Tab, Work
from tabard.assembly import AssembledSchema, assemble
from tabard.errors import AssemblyRefused
from tabard.graph import Graph
from tabard.policies import Policy
from tabard.storage.database import Database
from tabard.viewer import ANONYMOUS, Viewer, WorkspaceState

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = sorted(init.parent.name for init in (ROOT / "plugins").glob("*/__init__.py"))


def bundled() -> list[Plugin]:
    """The plugins that are shipped."""
    return [_plugin_of(importlib.import_module(name)) for name in BUNDLED]


def renewals() -> Plugin:
    """The example of a third party, loaded from where it stands."""
    folder = str(ROOT / "examples" / "renewals")
    sys.path.insert(0, folder)
    try:
        return _plugin_of(importlib.import_module("renewals_tab"))
    finally:
        sys.path.remove(folder)


def _plugin_of(module: Any) -> Plugin:
    (found,) = {id(value): value for value in vars(module).values() if isinstance(value, Plugin)}.values()
    return found


def plugin(
    name: str = "alpha", *, noun: str | None = "Alpha", policy: Policy | None = Permission.WORKSPACE
) -> Plugin:
    """An empty plugin."""
    return Plugin(name, noun=noun, policy=policy)


def beta() -> Plugin:
    """A second plugin."""
    return plugin("beta", noun="Beta")


@strawberry.type
class TeamsTab:
    """The tab of the teams."""

    subject: strawberry.Private[Subject]


@strawberry.type
class PlanSettings(Settings):
    """The settings of a plan's tab."""

    days: int = 1


@strawberry.type
class PlanTab:
    """A tab with settings."""

    subject: strawberry.Private[Subject]
    settings: PlanSettings


@strawberry.type
class PlanPage:
    """A tab without settings."""

    subject: strawberry.Private[Subject]


class Bare:
    """No GraphQL type."""


def give(made: Plugin, owner: type | str, name: str, annotation: Any = int | None, **options: Any) -> None:
    """A field that gives nothing."""

    async def function(reader: Reader, parents: list[Any]) -> list[Any]:
        return [None] * len(parents)

    function.__annotations__["return"] = list[annotation]
    made.field(owner, name=name, description=options.pop("description", "A value."), **options)(function)


def change(made: Plugin, name: str, *, description: str = "Changes it.", **annotations: Any) -> None:
    """A mutation that changes nothing."""

    async def function(work: Work, given: int) -> None: ...

    function.__annotations__ |= annotations
    made.mutation(description=description, name=name)(function)


def tab(
    name: str, root: type, *, settings: type[Settings] | None = None, policy: Policy = Public, **options: Any
) -> Tab:
    """A tab whose types begin with its name."""
    return Tab(name, noun=name.capitalize(), root=root, settings=settings, policy=policy, **options)


def refused(*plugins: Plugin) -> list[str]:
    """What assembly says against these plugins, the same in the opposite order of registration."""
    found = _refusals(plugins)
    assert len(plugins) == 1 or _refusals(plugins[::-1]) == found
    return found


def _refusals(plugins: Sequence[Plugin]) -> list[str]:
    with pytest.raises(AssemblyRefused) as caught:
        assemble(plugins)
    return caught.value.refusals


@dataclass(frozen=True)
class Answer:
    """What a client gets: data, and each error as path, code and message."""

    data: Any
    errors: list[tuple[list[str | int], str, str]]


class Answers:
    """A graph that nobody wrote rows for: it answers what reads none."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    async def ask(self, document: str, viewer: Viewer = ANONYMOUS) -> Answer:
        """The answer to a valid document."""
        parsed = parse(document)
        assert validate(self.graph.graphql_schema, parsed) == []
        context = self.graph.context(viewer)
        try:
            result = await self.graph.execute(context, parsed)
        finally:
            await context.close()
        return Answer(result.data, _errors(result))


def _errors(result: ExecutionResult) -> list[tuple[list[str | int], str, str]]:
    return [
        (error.path or [], (error.extensions or {}).get("code", ""), error.message)
        for error in result.errors or []
    ]


@asynccontextmanager
async def answering(
    folder: Path,
    *plugins: Plugin,
    limit: float = 5.0,
    schema: AssembledSchema | None = None,
    executor: type[Executor[Any]] = StrawberryGraphQLCoreExecutionContext,
) -> AsyncIterator[Answers]:
    """A graph of these plugins on an empty database file."""
    assembled = schema or assemble(plugins)
    database = Database(f"sqlite:///{folder / 'empty.sqlite3'}", assembled.registry.tables)
    graph = Graph(
        assembled, database, secret=b"secret", new_id=lambda: 1, plugin_limit=limit, executor=executor
    )
    try:
        yield Answers(graph)
    finally:
        await graph.close()


def viewer(*permissions: Permission, seat: bool = True, admin: bool = False, **options: Any) -> Viewer:
    """A signed-in user of portal 1 with its default workspace."""
    state = WorkspaceState(1, "Default", None, True, 1, options.pop("tabs", {}), {})
    return Viewer(
        portal_id=1,
        user_id=7,
        has_seat=seat,
        is_super_admin=admin,
        permissions=frozenset(permission.value for permission in permissions),
        workspace=state,
        **options,
    )
