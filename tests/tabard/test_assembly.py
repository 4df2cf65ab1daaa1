"""Assembly makes one graph of its plugins: the same in every order, and apart from every other graph."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from graphql import GraphQLField, GraphQLObjectType

from tabard import (
    RECORD_CHANGED,
    Company,
    Contact,
    Event,
    Plugin,
    Public,
    Read,
    Reader,
    Record,
    Settings,
    Subject,
    Tab,
    Work,
)
from tabard.assembly import AssembledSchema, assemble, sdl
from tabard.core import core
from tabard.errors import AssemblyRefused, RegistryFrozen
from tabard.fields import DeclaredField
from tabard.registry import Registry, Skipped, gather
from tabard.viewer import StoredTab
from tests.tabard.samples import answering, beta, bundled, give, plugin, refused, renewals, tab, viewer


def fields(schema: AssembledSchema, type_name: str) -> dict[str, GraphQLField]:
    type_ = schema.graphql_schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    found: dict[str, GraphQLField] = type_.fields
    return found


@pytest.fixture(scope="module")
def every_plugin() -> list[Plugin]:
    """All bundled plugins and the example of a third party."""
    return [*bundled(), renewals()]


def turns(items: list[Plugin]) -> list[list[Plugin]]:
    """Every rotation, forward and backward: each plugin comes before and behind every other."""
    return [order[at:] + order[:at] for order in (items, items[::-1]) for at in range(len(items))]


def told(registry: Registry) -> list[Any]:
    """What a registry is made of, in its order."""
    return [
        list(registry.plugins),
        list(registry.records),
        list(registry.tabs),
        list(registry.table_rules),
        [(item.plugin, item.name) for item in registry.mutations],
    ]


def test_every_order_of_registration_is_gathered_alike(every_plugin: list[Plugin]) -> None:
    expected = told(gather(every_plugin))

    for order in itertools.islice(itertools.permutations(every_plugin), 720):
        assert told(gather(order)) == expected


def test_sdl_is_the_same_for_every_order_of_registration(every_plugin: list[Plugin]) -> None:
    expected = sdl(assemble(every_plugin))

    for order in turns(every_plugin):
        assert sdl(assemble(order)) == expected


def test_registry_does_not_show_the_order_of_registration(every_plugin: list[Plugin]) -> None:
    first, second = (assemble(order).registry for order in (every_plugin, every_plugin[::-1]))

    assert told(first) == told(second)
    assert list(first.plugins) == ["core", *sorted(plugin.name for plugin in every_plugin)]
    assert [type_.__name__ for type_ in first.types] == [type_.__name__ for type_ in second.types]
    assert list(first.types.values()) == list(second.types.values())
    assert list(first.policies.values()) == list(second.policies.values())
    assert [table.name for table in first.tables.tenant] == [table.name for table in second.tables.tenant]


def test_tabs_come_by_position_then_name(every_plugin: list[Plugin]) -> None:
    tabs = assemble(every_plugin).registry.tabs.values()

    assert [runtime.tab.name for runtime in tabs] == [
        runtime.tab.name for runtime in sorted(tabs, key=lambda item: (item.tab.position, item.tab.name))
    ]


def test_assembling_again_gives_the_same(every_plugin: list[Plugin]) -> None:
    assert sdl(assemble(every_plugin)) == sdl(assemble(every_plugin))


def test_core_alone_is_a_graph() -> None:
    schema = assemble([])

    assert {"Company", "Contact", "Deal", "Ticket", "Workspace"} <= set(schema.graphql_schema.type_map)
    assert schema.registry.tabs == {}


async def test_graphs_of_different_plugins_do_not_touch_each_other(tmp_path: Path) -> None:
    left, right = plugin(policy=Public), beta()
    give(left, Company, "score", policy=Public)
    give(left, "Query", "left", policy=Public)
    give(right, Company, "rank", str | None, policy=Public)
    give(right, "Query", "right", policy=Public)

    first = assemble([left])
    before = sdl(first)
    second = assemble([right])
    both = assemble([left, right])

    assert sdl(first) == before
    assert {"score"} == fields(first, "Company").keys() - fields(second, "Company").keys()
    assert {"rank"} == fields(second, "Company").keys() - fields(first, "Company").keys()
    assert {"score", "rank"} <= fields(both, "Company").keys()
    async with answering(tmp_path, schema=first) as answers, answering(tmp_path, schema=second) as others:
        assert (await answers.ask("{ left }")).data == {"left": None}
        assert (await others.ask("{ right }")).data == {"right": None}


def test_refused_assembly_leaves_no_trace() -> None:
    before = sdl(assemble([]))
    made = plugin()
    give(made, Company, "score", int)
    refused(made)

    assert sdl(assemble([])) == before
    assert not made.is_frozen


# What is skipped, shared and extended


@strawberry.type
class AlphaTab:
    subject: strawberry.Private[Subject]
    shown_on: str = "today"


async def test_extension_by_name_answers_on_another_plugins_type(tmp_path: Path) -> None:
    made = beta()

    @made.field("AlphaTab", description="How many.", policy=Public)
    async def how_many(reader: Reader, tabs: list[AlphaTab]) -> list[int | None]:
        return [len(tab.shown_on) for tab in tabs]

    schema = assemble([made, tab("alpha", AlphaTab, hideable=False)])
    async with answering(tmp_path, schema=schema) as answers:
        answer = await answers.ask("{ workspace { alpha { shownOn howMany } } }", viewer(admin=True))

    assert schema.registry.skipped == []
    assert answer.errors == []
    assert answer.data == {"workspace": {"alpha": {"shownOn": "today", "howMany": 5}}}


def test_extension_of_an_absent_plugins_type_is_skipped_with_a_line() -> None:
    made = beta()
    give(made, "AlphaTab", "how_many")
    give(made, Company, "score")

    registry = assemble([made]).registry

    assert registry.skipped == [Skipped("beta", "AlphaTab", "howMany")]
    assert [item.name for item in registry.fields["Company"] if item.plugin == "beta"] == ["score"]
    assert "AlphaTab" not in registry.fields


def test_field_on_records_is_on_every_record_type(every_plugin: list[Plugin]) -> None:
    made = plugin()

    @made.field(Record, key="id", description="A score.")
    async def score(reader: Reader, ids: list[int]) -> dict[int, float]:
        return {}

    schema = assemble([*every_plugin, made])
    records = [record.type.__name__ for record in schema.registry.records.values()]
    interface: Any = schema.graphql_schema.type_map["Record"]

    assert {"Company", "Contact", "Deal", "Service", "Ticket"} <= set(records)
    for name in records:
        definition = fields(schema, name)["score"].extensions["strawberry-definition"]
        assert isinstance(definition, DeclaredField)
        assert definition.contribution.plugin == "alpha"
    assert "score" in interface.fields
    assert "score" not in fields(schema, "Team")


def test_every_record_type_gets_the_same_capabilities(every_plugin: list[Plugin]) -> None:
    schema = assemble(every_plugin)
    records = schema.registry.records.values()

    for record in records:
        own = fields(schema, record.type.__name__)
        assert {"id", "owner", "property", "properties", "version", "createdAt", "updatedAt"} <= own.keys()
        assert {"associatedCompanies", "associatedServices"} <= own.keys()
        assert ({"pipeline", "stage"} <= own.keys()) == record.has_pipelines
    assert {"companies", "contacts", "deals", "services", "tickets"} <= fields(schema, "Query").keys()


# Late contributions

LATE = (
    r"^the plugin 'alpha' contributed after the graph was assembled, so it would be missing; "
    r"contribute at import$"
)


async def value(reader: Reader, ids: list[int]) -> dict[int, int]:
    return {}


async def rows(reader: Reader, read: Read) -> Any: ...


async def answer(reader: Reader) -> int | None: ...


async def thing_change(work: Work) -> None: ...


async def chosen(reader: Reader, events: list[Event]) -> list[Event]:
    return events


def listing(company: Company) -> Any: ...


FORMS: dict[str, Callable[[Plugin], object]] = {
    "field": lambda made: made.field(Company, key="id", description="x")(value),
    "one": lambda made: made.one(Company, "best", to=Contact, key="id", description="x"),
    "many": lambda made: made.many(Company, "best", to=Contact, by="company_id", description="x"),
    "connection": lambda made: made.connection(Company, "best", to=Contact, by="company_id", description="x"),
    "listing": lambda made: made.connection(Company, to=Contact, description="x")(listing),
    "rows": lambda made: made.rows(Company, to=Contact, key="id", description="x")(rows),
    "every": lambda made: made.every("best", to=Contact, description="x"),
    "query": lambda made: made.query(description="x")(answer),
    "mutation": lambda made: made.mutation(description="x")(thing_change),
    "event": lambda made: made.event("set", of=Company),
    "subscription": lambda made: made.subscription(on=RECORD_CHANGED, description="x")(chosen),
    "table": lambda made: made.table("due", sa.Column("x", sa.Integer)),
    "record_table": lambda made: made.record_table("alpha"),
    "record": lambda made: made.record(Company, table=sa.Table("x", sa.MetaData())),
    "store": lambda made: made.store(Company, sa.Table("x", sa.MetaData())),
    "include": lambda made: made.include(Company),
    "narrow": lambda made: made.narrow(Company, Public),
}


@pytest.mark.parametrize("form", FORMS)
def test_late_contribution_raises_instead_of_going_missing(form: str) -> None:
    made = plugin()
    assemble([made])

    with pytest.raises(RegistryFrozen, match=LATE):
        FORMS[form](made)


def test_every_form_is_tried_late() -> None:
    others = {"contribute", "declare", "demo", "hook", "migrations", "seed"}
    forms = {name for name in dir(Plugin) if not name.startswith("_")}

    assert forms - others <= FORMS.keys()


def test_core_stays_open_so_that_several_graphs_can_be_assembled() -> None:
    assemble([])

    assert not core.is_frozen


# Tabs at run time


@strawberry.type
class GammaSettings(Settings):
    size: int = 3


@strawberry.type
class GammaTab:
    subject: strawberry.Private[Subject]
    settings: GammaSettings


def gamma(**options: Any) -> Tab:
    return tab("gamma", GammaTab, settings=GammaSettings, **options)


TABS = "{ workspace { tabs { key state settingsIssues settingsVersion } gamma { settings { size } } } }"


async def asked(tmp_path: Path, made: Tab, stored: StoredTab | None) -> Any:
    tabs = {"gamma": stored} if stored else {}
    async with answering(tmp_path, made) as answers:
        found = await answers.ask(TABS, viewer(admin=True, tabs=tabs))
    assert found.errors == []
    return found.data["workspace"]


async def test_hidden_tab_is_null_without_an_error_and_listed(tmp_path: Path) -> None:
    found = await asked(tmp_path, gamma(shown_by_default=True), StoredTab(is_visible=False, version=4))

    assert found["gamma"] is None
    assert found["tabs"] == [{"key": "gamma", "state": "HIDDEN", "settingsIssues": [], "settingsVersion": 4}]


async def test_installing_a_third_party_tab_shows_it_nowhere(tmp_path: Path) -> None:
    found = await asked(tmp_path, gamma(), None)

    assert found["gamma"] is None
    assert found["tabs"][0]["state"] == "HIDDEN"


async def test_stored_settings_that_no_longer_validate_show_as_an_issue(tmp_path: Path) -> None:
    found = await asked(tmp_path, gamma(hideable=False), StoredTab(values={"size": "large"}))

    assert found["gamma"] == {"settings": {"size": 3}}
    assert found["tabs"][0]["settingsIssues"] == [
        "The stored value of 'size' is no longer valid; it is ignored."
    ]


async def test_hidden_tab_leaves_its_neighbours(tmp_path: Path) -> None:
    document = "{ workspace { alpha { shownOn } gamma { settings { size } } } }"
    async with answering(tmp_path, gamma(), tab("alpha", AlphaTab, hideable=False)) as answers:
        found = await answers.ask(document, viewer(admin=True))

    assert found.data == {"workspace": {"alpha": {"shownOn": "today"}, "gamma": None}}


def test_two_graphs_share_a_tab_and_not_its_derived_types() -> None:
    made = gamma()
    first, second = assemble([made]).registry, assemble([made]).registry

    assert first.tabs["gamma"].tab is second.tabs["gamma"].tab
    assert first.tabs["gamma"].section is not second.tabs["gamma"].section


def test_error_of_assembly_is_one_error() -> None:
    with pytest.raises(AssemblyRefused, match=r"^the graph cannot be assembled; 1 thing\(s\) to mend:\n  - "):
        assemble([plugin(), plugin()])
