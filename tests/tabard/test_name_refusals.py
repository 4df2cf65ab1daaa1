"""Names that collide are refused by naming both sides."""

import pytest
import strawberry

from tabard import (
    Company,
    Plugin,
    Public,
    Record,
)
from tabard.errors import StartError
from tests.tabard.samples import PlanSettings, PlanTab, TeamsTab, beta, change, give, plugin, refused, tab


def test_field_that_two_plugins_contribute() -> None:
    left, right = plugin(), beta()
    give(left, Company, "score")
    give(right, Company, "score")

    assert refused(left, right) == [
        "Company.score is contributed by both 'alpha' and 'beta'; rename one of the fields"
    ]


def test_field_that_three_plugins_contribute() -> None:
    made = [plugin(), beta(), plugin("gamma", noun="Gamma")]
    for item in made:
        give(item, Company, "score")

    assert refused(*made) == [
        "Company.score is contributed by 'alpha', 'beta' and 'gamma'; rename one of the fields"
    ]


def test_field_that_one_plugin_contributes_twice() -> None:
    made = plugin()
    give(made, Company, "score")
    give(made, "Company", "score")

    assert refused(made) == ["Company.score is contributed by 'alpha' twice; rename one of the fields"]


def test_names_that_are_one_in_graphql_collide() -> None:
    left, right = plugin(), beta()
    give(left, Company, "net_score")
    give(right, Company, "net_score", str | None)

    assert refused(left, right) == [
        "Company.netScore is contributed by both 'alpha' and 'beta'; rename one of the fields"
    ]


@pytest.mark.parametrize(
    "name", ["name", "domain", "id", "owner", "contacts", "properties", "associated_deals"]
)
def test_field_that_is_built_in(name: str) -> None:
    made = plugin()
    give(made, Company, name)
    label = "associatedDeals" if name == "associated_deals" else name

    assert refused(made) == [f"Company.{label} is built in; plugin 'alpha' cannot redefine it"]


def test_root_field_that_is_built_in() -> None:
    made = plugin()
    give(made, "Query", "companies")

    assert refused(made) == ["Query.companies is built in; plugin 'alpha' cannot redefine it"]


@strawberry.type
class AlphaThing:
    id: strawberry.Private[int]
    name: str


def owner_of_a_type() -> Plugin:
    made = plugin()
    give(made, "Query", "alpha_thing", AlphaThing | None)
    return made


def test_field_of_another_plugins_type() -> None:
    left, right = owner_of_a_type(), beta()
    give(right, "AlphaThing", "name")

    assert refused(left, right) == [
        "AlphaThing.name belongs to plugin 'alpha'; plugin 'beta' cannot redefine it"
    ]


def test_field_that_the_plugins_own_type_has_already() -> None:
    made = owner_of_a_type()
    give(made, AlphaThing, "name")

    assert refused(made) == ["AlphaThing.name is contributed by 'alpha' twice; rename one of the fields"]


def test_tab_named_as_a_field_of_workspace() -> None:
    assert refused(tab("teams", TeamsTab)) == [
        "Workspace.teams is built in; plugin 'teams' cannot redefine it"
    ]


def test_field_on_all_records_that_one_record_type_has() -> None:
    left, right = plugin(), beta()
    give(left, Record, "score")
    give(right, Company, "score")

    assert refused(left, right) == [
        "Company.score is contributed by both 'alpha' and 'beta'; rename one of the fields"
    ]


def test_field_on_all_records_that_is_built_in_on_one() -> None:
    made = plugin()
    give(made, Record, "job_title")

    assert refused(made) == ["Contact.jobTitle is built in; plugin 'alpha' cannot redefine it"]


def test_field_on_all_records_that_all_records_have_is_told_once() -> None:
    made = plugin()
    give(made, Record, "created_at")

    assert refused(made) == ["Record.createdAt is built in; plugin 'alpha' cannot redefine it"]


@pytest.mark.parametrize("name", ["netScore", "net score", "_score", "score_", ""])
def test_name_that_is_not_snake_case(name: str) -> None:
    made = plugin()
    made.every(name, to=Company, description="Companies.")

    assert f": the name {name!r} is not snake_case" in refused(made)[0]


def test_mutation_that_two_plugins_contribute() -> None:
    left, right = plugin(), beta()
    change(left, "thing_change")
    change(right, "thing_change")

    assert refused(left, right) == [
        "Mutation.thingChange is contributed by both 'alpha' and 'beta'; rename one of them"
    ]


def test_mutation_that_one_plugin_contributes_twice() -> None:
    made = plugin()
    change(made, "thing_change")
    change(made, "thing_change")

    assert refused(made) == ["Mutation.thingChange is contributed by 'alpha' twice; rename one of them"]


def test_mutation_that_is_derived_for_a_tab() -> None:
    made = beta()
    change(made, "plan_settings_update")

    assert refused(tab("plan", PlanTab, settings=PlanSettings), made) == [
        "Mutation.planSettingsUpdate is contributed by both 'beta' and 'core'; rename one of them"
    ]


def test_plugins_with_one_name_are_told_apart_first() -> None:
    wrong = plugin()
    give(wrong, Company, "name")

    assert refused(wrong, plugin(), beta()) == ["2 plugins are named 'alpha'; rename all but one of them"]


def test_name_of_the_core_is_not_free() -> None:
    assert refused(Plugin("core", policy=Public)) == [
        "the plugin name 'core' is Tabard's own; rename the plugin"
    ]


def test_plugin_name_that_is_not_snake_case() -> None:
    with pytest.raises(
        StartError, match=r"^the plugin name 'My Tab' is not snake_case; write for example 'renewals'$"
    ):
        Plugin("My Tab")
