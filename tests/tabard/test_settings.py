"""Settings store what differs, inherit the rest, and never fail a query over what was stored before."""

import enum
import typing
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st

from tabard import Company, InvalidSetting, PipelineRef, PropertyKind, PropertyRef, Settings, Subject
from tabard.errors import PluginFailure
from tabard.settings import Section
from tabard.tabs import TabRuntime
from tabard.viewer import StoredTab, WorkspaceState
from tests.tabard.samples import tab


@strawberry.enum
class Layout(enum.Enum):
    LIST = "list"
    BOARD = "board"


@strawberry.type
class PlanSettings(Settings):
    horizon_days: int = strawberry.field(default=90, description="How many days ahead.")
    owner: Annotated[str, PropertyRef(Company, PropertyKind.USER)] = "owner"
    pipelines: Annotated[list[strawberry.ID], PipelineRef("Deal")] = strawberry.field(default_factory=list)
    share: Decimal = Decimal("0.5")
    starts_on: date | None = None
    layout: Layout = Layout.LIST
    is_open: bool = True
    labels: list[str] = strawberry.field(default_factory=lambda: ["new"])
    note: str | None = "as agreed"

    def check(self) -> None:
        if not 1 <= self.horizon_days <= 365:
            raise InvalidSetting("horizonDays", "must be between 1 and 365")


SECTION = Section(PlanSettings, "plan")
DEFAULTS = PlanSettings()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "horizon_days": st.integers(1, 365),
    "owner": st.text(max_size=20),
    "pipelines": st.lists(st.text(max_size=20).map(strawberry.ID), max_size=3, unique=True),
    "share": st.decimals(allow_nan=False, allow_infinity=False, places=6),
    "starts_on": st.dates(),
    "layout": st.sampled_from(Layout),
    "is_open": st.booleans(),
    "labels": st.lists(st.text(), max_size=3),
    "note": st.text(),
}
CHANGES = st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in VALUES.items()})


def patch(**values: Any) -> Any:
    """What GraphQL makes of an input with these values; those left out are absent."""
    return SECTION.patch(**{name: strawberry.Some(value) for name, value in values.items()})


def resolved(*layers: dict[str, Any]) -> dict[str, Any]:
    """The values in force, when nothing had to be ignored."""
    settings, issues = SECTION.resolve(*layers)
    assert issues == []
    return vars(settings)


@given(CHANGES)
def test_what_was_changed_is_what_resolves(changes: dict[str, Any]) -> None:
    stored = SECTION.changed({}, {}, patch(**changes))

    expected = vars(DEFAULTS) | {name: value for name, value in changes.items() if value is not None}
    assert resolved(stored) == expected


@given(CHANGES, CHANGES)
def test_later_change_keeps_what_it_does_not_name(first: dict[str, Any], second: dict[str, Any]) -> None:
    stored = SECTION.changed(SECTION.changed({}, {}, patch(**first)), {}, patch(**second))

    merged = {name: value for name, value in (first | second).items() if value is not None}
    assert resolved(stored) == vars(DEFAULTS) | merged


@given(CHANGES, CHANGES)
def test_workspace_inherits_the_account_where_it_stored_nothing(
    account: dict[str, Any], own: dict[str, Any]
) -> None:
    inherited = SECTION.changed({}, {}, patch(**account))
    stored = SECTION.changed({}, inherited, patch(**own))

    expected = vars(DEFAULTS)
    for layer in (account, own):
        expected = expected | {name: value for name, value in layer.items() if value is not None}
    assert resolved(inherited, stored) == expected


def test_only_what_was_set_is_stored_as_plain_json() -> None:
    stored = SECTION.changed(
        {}, {}, patch(layout=Layout.BOARD, starts_on=date(2026, 2, 1), share=Decimal("0.1"))
    )

    assert stored == {"layout": "BOARD", "starts_on": "2026-02-01", "share": "0.1"}


def test_value_equal_to_the_default_is_stored_because_defaults_change() -> None:
    assert SECTION.changed({}, {}, patch(horizon_days=90)) == {"horizon_days": 90}


def test_null_drops_a_value_so_that_the_inherited_one_applies() -> None:
    inherited, stored = {"horizon_days": 30}, {"horizon_days": 60, "owner": "csm"}

    changed = SECTION.changed(stored, inherited, patch(horizon_days=None))

    assert changed == {"owner": "csm"}
    assert resolved(inherited, changed)["horizon_days"] == 30


def test_empty_patch_changes_nothing_and_leaves_the_stored_object_alone() -> None:
    stored = {"horizon_days": 60}

    changed = SECTION.changed(stored, {}, patch())
    changed["horizon_days"] = 1

    assert stored == {"horizon_days": 60}


def test_lists_of_two_workspaces_are_not_shared() -> None:
    first, _ = SECTION.resolve({})
    typing.cast(PlanSettings, first).labels.append("mine")

    assert resolved({})["labels"] == ["new"]


def test_combination_that_check_refuses_is_not_stored() -> None:
    with pytest.raises(InvalidSetting) as caught:
        SECTION.changed({}, {}, patch(horizon_days=0))

    assert caught.value.message == "The setting 'horizonDays' must be between 1 and 365."


def test_value_of_the_wrong_kind_is_not_stored() -> None:
    with pytest.raises(InvalidSetting) as caught:
        SECTION.changed({}, {}, patch(horizon_days="soon"))

    assert caught.value.path == ["horizonDays"]
    assert caught.value.message == "The setting 'horizonDays' must be a whole number."


def test_stored_value_that_no_longer_validates_is_ignored_and_named() -> None:
    settings, issues = SECTION.resolve({"horizon_days": "many", "owner": "csm", "layout": "carousel"})

    assert vars(settings) == vars(DEFAULTS) | {"owner": "csm"}
    assert issues == [
        "The stored value of 'horizonDays' is no longer valid; it is ignored.",
        "The stored value of 'layout' is no longer valid; it is ignored.",
    ]


def test_stored_value_that_no_longer_validates_falls_back_to_the_accounts() -> None:
    settings, issues = SECTION.resolve({"horizon_days": 30}, {"horizon_days": None})

    assert typing.cast(PlanSettings, settings).horizon_days == 30
    assert len(issues) == 1


def test_stored_combination_that_check_refuses_falls_back_to_the_defaults() -> None:
    settings, issues = SECTION.resolve({"horizon_days": 9000, "owner": "csm"})

    assert vars(settings) == vars(DEFAULTS)
    assert issues == ["The setting 'horizonDays' must be between 1 and 365. The defaults are used."]


def test_setting_that_was_removed_is_forgotten_without_a_word() -> None:
    assert resolved({"speed": 9}) == vars(DEFAULTS)
    assert SECTION.changed({"speed": 9}, {"weight": 1}, patch(owner="csm")) == {"owner": "csm"}


def test_other_settings_can_be_saved_beside_a_stored_value_that_no_longer_validates() -> None:
    stored = SECTION.changed({"horizon_days": "many"}, {"layout": "carousel"}, patch(owner="csm"))

    assert stored["owner"] == "csm"
    assert SECTION.changed(stored, {}, patch(horizon_days=5)) == {"horizon_days": 5, "owner": "csm"}


@given(
    st.dictionaries(
        st.sampled_from([*VALUES, "unknown"]), st.none() | st.integers() | st.text() | st.lists(st.none())
    )
)
def test_whatever_is_stored_resolves(stored: dict[str, Any]) -> None:
    settings, _ = SECTION.resolve(stored)

    assert isinstance(settings, PlanSettings)


def test_references_are_read_from_the_annotations() -> None:
    references = {setting.name: setting.reference for setting in SECTION.settings if setting.reference}

    assert references == {
        "owner": PropertyRef(Company, PropertyKind.USER),
        "pipelines": PipelineRef("Deal"),
    }
    assert references["owner"].type_names == ("Company",)


def test_json_schema_draws_a_form() -> None:
    schema = SECTION.json_schema()
    properties = schema["properties"]

    assert {key: schema[key] for key in ("$schema", "type", "additionalProperties")} == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
    }
    assert list(properties) == [
        "horizonDays", "owner", "pipelines", "share", "startsOn", "layout", "isOpen", "labels", "note",
    ]  # fmt: skip
    assert properties["horizonDays"] == {
        "title": "Horizon days",
        "type": "integer",
        "default": 90,
        "description": "How many days ahead.",
    }
    assert properties["owner"]["x-reference"] == {"to": "property", "of": ["company"], "kind": "USER"}
    assert properties["pipelines"]["x-reference"] == {"to": "pipeline", "of": ["deal"]}
    assert properties["pipelines"]["items"] == {"type": "string"}
    # A form sends what GraphQL takes: the names of an enum's values.
    assert (properties["layout"]["enum"], properties["layout"]["default"]) == (["LIST", "BOARD"], "LIST")
    assert properties["startsOn"]["default"] is None
    assert properties["share"]["default"] == "0.5"


def test_every_default_is_a_value_that_can_be_saved() -> None:
    defaults = {setting.name: setting.default for setting in SECTION.settings}

    saved = SECTION.changed({}, {}, patch(**defaults))

    assert resolved(saved) == vars(DEFAULTS)


def test_patch_is_an_input_in_which_everything_may_be_absent() -> None:
    definition = SECTION.patch.__strawberry_definition__  # type: ignore[attr-defined]

    assert definition.name == "PlanSettingsPatch"
    assert definition.is_input
    assert all(field.description for field in definition.fields)
    assert vars(SECTION.patch()) == dict.fromkeys(VALUES)


@strawberry.type
class PlanTab:
    subject: strawberry.Private[Subject]
    settings: PlanSettings


def workspace(own: StoredTab | None, account: StoredTab | None) -> WorkspaceState:
    own_tabs = {"plan": own} if own else {}
    account_tabs = {"plan": account} if account else {}
    return WorkspaceState(1, "West", None, False, 1, own_tabs, account_tabs)


SHOWN, HIDDEN, UNSET = StoredTab(is_visible=True), StoredTab(is_visible=False), StoredTab()


@pytest.mark.parametrize(
    ("own", "account", "by_default", "visible"),
    [
        (None, None, False, False),
        (None, None, True, True),
        (UNSET, UNSET, True, True),
        (None, HIDDEN, True, False),
        (UNSET, SHOWN, False, True),
        (HIDDEN, SHOWN, True, False),
        (SHOWN, HIDDEN, False, True),
    ],
)
def test_visibility_is_the_workspaces_then_the_accounts_then_the_tabs(
    own: StoredTab | None, account: StoredTab | None, *, by_default: bool, visible: bool
) -> None:
    plan = TabRuntime(tab("plan", PlanTab, settings=PlanSettings, shown_by_default=by_default))

    assert plan.is_visible(workspace(own, account)) is visible


def test_tab_that_cannot_be_hidden_is_visible_whatever_is_stored() -> None:
    plan = TabRuntime(tab("plan", PlanTab, settings=PlanSettings, hideable=False))

    assert plan.is_visible(workspace(HIDDEN, HIDDEN))


@strawberry.type
class FragileSettings(Settings):
    rate: int = 1

    def check(self) -> None:
        if self.rate != 1:
            raise ZeroDivisionError("the author's mistake")


def test_check_that_crashes_costs_the_stored_values_and_not_the_query() -> None:
    settings, issues = Section(FragileSettings, "fragile").resolve({"rate": 2})

    assert vars(settings) == {"rate": 1}
    assert issues == ["The settings of the tab 'fragile' could not be checked. The defaults are used."]


def test_check_that_crashes_while_a_setting_is_saved_is_its_plugins_failure() -> None:
    section = Section(FragileSettings, "fragile")
    changes = section.patch(rate=strawberry.Some(2))

    with pytest.raises(PluginFailure) as caught:
        section.changed({}, {}, changes)

    assert caught.value.extensions == {"code": "PLUGIN_ERROR", "plugin": "fragile"}
    assert "mistake" not in caught.value.message
