"""Assembly refuses what would fail later, all at once, and tells it the same in either order."""

from datetime import date
from typing import Any

import pytest
import strawberry

from tabard import (
    Company,
    Own,
    Permission,
    Public,
    Reader,
    Tab,
)
from tabard.assembly import assemble
from tabard.contributions import Argument
from tabard.errors import AssemblyRefused, StartError
from tests.tabard.samples import (
    Bare,
    PlanPage,
    PlanSettings,
    PlanTab,
    beta,
    change,
    give,
    plugin,
    refused,
    tab,
)


@strawberry.type
class AlphaThing:
    id: strawberry.Private[int]
    name: str


def test_all_refusals_come_at_once_sorted_and_counted() -> None:
    left, right = plugin(), beta()
    give(left, Company, "score", int)
    give(right, Company, "score", description="")
    change(right, "thing_change", given=Bare)
    with pytest.raises(AssemblyRefused) as caught:
        assemble([right, tab("plan", PlanPage), left])

    assert str(caught.value).splitlines() == [
        "the graph cannot be assembled; 5 thing(s) to mend:",
        "  - Company.score is contributed by both 'alpha' and 'beta'; rename one of the fields",
        "  - Company.score of plugin 'alpha' must be nullable, so that its failure stays its own: `| None`",
        "  - Company.score of plugin 'beta' has no description; frontends read it in the schema",
        (
            "  - Mutation.thingChange of plugin 'beta': the parameter 'given': Bare is no GraphQL type; "
            "decorate the class with @strawberry.type"
        ),
        "  - PlanPage of tab 'plan' must end in 'Tab'",
    ]


def test_refused_plugin_can_be_mended_and_assembled() -> None:
    made = plugin()
    give(made, Company, "score", int)
    assert refused(made)

    made.fields.clear()
    give(made, Company, "score")

    assert assemble([made]).registry.plugins["alpha"] is made


@pytest.mark.promise("P4")
def test_everything_without_a_policy_is_refused_at_once() -> None:
    made = plugin(policy=None)
    give(made, "Query", "thing", AlphaThing | None)
    give(made, Company, "score")
    change(made, "thing_change")
    remedy = "has no policy; write policy=Permission.WORKSPACE or another one"

    assert refused(made) == [
        f"Company.score of plugin 'alpha' {remedy}",
        f"Mutation.thingChange of plugin 'alpha' {remedy}",
        f"Query.thing of plugin 'alpha' {remedy}",
        f"the type AlphaThing of plugin 'alpha' {remedy}",
    ]


@pytest.mark.promise("P4")
def test_policies_of_the_pieces_are_enough() -> None:
    made = plugin(policy=None)
    give(made, "Query", "thing", AlphaThing | None, policy=Permission.WORKSPACE)
    made.narrow(AlphaThing, Permission.WORKSPACE)

    assert assemble([made]).registry.policies[AlphaThing] is Permission.WORKSPACE


@pytest.mark.promise("P4")
def test_nobody_opens_the_types_of_others() -> None:
    left, right = plugin(), beta()
    give(left, "Query", "thing", AlphaThing | None)
    left.narrow(Company, Public)
    left.narrow(Bare, Public)
    right.narrow(AlphaThing, Public)

    assert refused(left, right) == [
        "plugin 'alpha' cannot narrow Company, which is built in",
        "plugin 'alpha' narrows Bare, to which no field leads; leave it out",
        "plugin 'beta' cannot narrow AlphaThing, which is of plugin 'alpha'",
    ]


@pytest.mark.promise("P4")
def test_tab_and_its_settings_without_a_policy() -> None:
    remedy = "has no policy; write policy=Permission.WORKSPACE or another one"
    made: Any = None

    assert refused(tab("plan", PlanTab, settings=PlanSettings, policy=made)) == [
        f"Workspace.plan of plugin 'plan' {remedy}",
        f"the settings of tab 'plan' of plugin 'plan' {remedy}",
        f"the type PlanSettings of plugin 'plan' {remedy}",
        f"the type PlanTab of plugin 'plan' {remedy}",
    ]


def test_field_function_must_say_what_it_returns() -> None:
    made = plugin()

    async def score(reader: Reader, ids: list[int]) -> int:
        return 1

    with pytest.raises(
        StartError, match=r"^score must say what it returns, as `-> dict\[int, V\]`; it says `-> int`$"
    ):
        made.field(Company, key="id", description="A score.")(score)
    with pytest.raises(
        StartError, match=r"^score must say what it returns, as `-> list\[V \| None\]`; it says "
    ):
        made.field(Company, description="A score.")(score)


def test_argument_must_have_a_type() -> None:
    made = plugin()

    async def score(reader: Reader, ids: list[int], *, on) -> dict[int, int]:  # type: ignore[no-untyped-def]  # noqa: ANN001
        return {}

    with pytest.raises(StartError, match=r"^score: the argument 'on' has no type; annotate it$"):
        made.field(Company, key="id", description="A score.")(score)


def test_own_and_argument_are_data_that_compare() -> None:
    def rule(table: Any, actor: Any) -> Any:
        return table.c.owner_id == actor

    assert Own(rule) == Own(rule)
    assert Argument("on", date) == Argument("on", date)


def test_tab_says_what_it_is() -> None:
    made = tab("plan", PlanTab, settings=PlanSettings)

    assert repr(made) == "<Tab 'plan'>"
    assert isinstance(made, Tab)
    assert made.description == "The Plan tab; null when hidden or not permitted."
