"""Tabs, settings and mutations that would not work are refused by name."""

from typing import Annotated, Any

import pytest
import strawberry
from pydantic import Field

from tabard import (
    Company,
    InvalidSetting,
    PipelineRef,
    PropertyKind,
    PropertyRef,
    Settings,
    Subject,
)
from tests.tabard.samples import Bare, PlanPage, PlanSettings, PlanTab, change, plugin, refused, tab


@strawberry.type
class PlanBareTab:
    name: str


def test_tab_without_subject_and_settings() -> None:
    assert refused(tab("plan", PlanBareTab, settings=PlanSettings)) == [
        "PlanBareTab of tab 'plan' lacks its settings; write `settings: PlanSettings`",
        "PlanBareTab of tab 'plan' lacks its subject; write `subject: strawberry.Private[Subject]`",
    ]


def test_tab_type_with_another_ending() -> None:
    assert refused(tab("plan", PlanPage)) == ["PlanPage of tab 'plan' must end in 'Tab'"]


class PlanPlainTab:
    """A tab type that is none."""


def test_tab_type_that_is_no_type() -> None:
    assert refused(tab("plan", PlanPlainTab)) == [
        "PlanPlainTab of tab 'plan' is no GraphQL type; decorate it with @strawberry.type",
        (
            "Workspace.plan of plugin 'plan': PlanPlainTab is no GraphQL type; "
            "decorate the class with @strawberry.type"
        ),
    ]


class PlanUndecorated(Settings):
    days: int = 1


@strawberry.type
class PlanStray:
    days: int = 1


@pytest.mark.parametrize("section", [PlanUndecorated, PlanStray])
def test_settings_that_are_no_section(section: Any) -> None:
    assert refused(tab("plan", PlanTab, settings=section)) == [
        (
            f"{section.__name__} of tab 'plan' is no settings section; "
            "decorate it with @strawberry.type and extend Settings"
        )
    ]


@strawberry.type
class PlanNeeding(Settings):
    days_ahead: int
    name: str


@strawberry.type
class PlanStrict(Settings):
    days: int = 0

    def check(self) -> None:
        raise InvalidSetting("days", "must be positive")


@strawberry.type
class PlanPointing(Settings):
    owner: Annotated[str, PropertyRef("Service", PropertyKind.USER)] = "owner"
    first_pipeline: Annotated[str | None, PipelineRef("Nothing")] = None


@strawberry.type
class PlanOdd(Settings):
    pair: tuple[int, int] = (1, 2)
    words: dict[str, str] = strawberry.field(default_factory=dict)
    either: int | str = 1


KINDS = (
    "which no setting can be of; take bool, int, float, Decimal, str, ID, date, datetime, time, UUID, an enum, "
    "or a list of one of these, with `| None` where null makes sense"
)


def test_setting_of_a_type_that_no_form_can_show() -> None:
    assert refused(tab("plan", PlanTab, settings=PlanOdd)) == [
        f"PlanOdd of tab 'plan' has either of the type int | str, {KINDS}",
        f"PlanOdd of tab 'plan' has pair of the type tuple[int, int], {KINDS}",
        f"PlanOdd of tab 'plan' has words of the type dict[str, str], {KINDS}",
    ]


@strawberry.type
class PlanWrong(Settings):
    days: Annotated[int, Field(ge=1)] = 0
    weeks: int = "many"  # type: ignore[assignment]
    name: Annotated[str, Field(ge=1)] = "x"


@strawberry.type
class PlanFailing(Settings):
    days: int = 0

    def check(self) -> None:
        raise ZeroDivisionError("no days")


@strawberry.type
class PlanNumbered(Settings):
    owner: Annotated[int, PropertyRef("Company", PropertyKind.USER)] = 1


def test_settings_whose_defaults_cannot_be_used() -> None:
    assert refused(tab("plan", PlanTab, settings=PlanWrong)) == [
        (
            "PlanWrong of tab 'plan' has a bound of name that str cannot have: "
            "Unable to apply constraint 'ge' to supplied value x"
        ),
        "PlanWrong of tab 'plan' refuses its own defaults: The setting 'days' is 0; it must be at least 1.",
        "PlanWrong of tab 'plan' refuses its own defaults: The setting 'weeks' must be a whole number.",
    ]
    assert refused(tab("plan", PlanTab, settings=PlanFailing)) == [
        (
            "PlanFailing of tab 'plan' cannot check its own defaults (ZeroDivisionError: no days); "
            "raise InvalidSetting for what makes no sense"
        )
    ]


def test_reference_that_is_no_text() -> None:
    assert refused(tab("plan", PlanTab, settings=PlanNumbered)) == [
        (
            "PlanNumbered of tab 'plan' refers by owner to something that texts name; "
            "write str or strawberry.ID, or a list of them"
        )
    ]


@strawberry.type
class PlanOpenTab:
    subject: Subject


def test_tab_that_shows_its_subject() -> None:
    assert refused(tab("plan", PlanOpenTab)) == [
        "PlanOpenTab of tab 'plan' shows its subject to clients; write `subject: strawberry.Private[Subject]`"
    ]


def test_setting_without_default() -> None:
    assert refused(tab("plan", PlanTab, settings=PlanNeeding)) == [
        "PlanNeeding of tab 'plan' has no default for daysAhead; a setting must work before anyone saves it",
        "PlanNeeding of tab 'plan' has no default for name; a setting must work before anyone saves it",
    ]


def test_settings_that_refuse_their_own_defaults() -> None:
    assert refused(tab("plan", PlanTab, settings=PlanStrict)) == [
        "PlanStrict of tab 'plan' refuses its own defaults: The setting 'days' must be positive."
    ]


def test_setting_that_refers_to_no_record_type() -> None:
    words = "which is no registered record type"

    assert refused(tab("plan", PlanTab, settings=PlanPointing)) == [
        f"PlanPointing of tab 'plan' refers by firstPipeline to Nothing, {words}",
        f"PlanPointing of tab 'plan' refers by owner to Service, {words}",
    ]


@strawberry.type
class AlphaThing:
    id: strawberry.Private[int]
    name: str


def test_mutation_without_description() -> None:
    made = plugin()
    change(made, "thing_change", description="")

    assert refused(made) == [
        "Mutation.thingChange of plugin 'alpha' has no description; frontends read it in the schema"
    ]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Bare, "the parameter 'given': Bare is no GraphQL type; decorate the class with @strawberry.type"),
        (
            list[Company],
            "the parameter 'given' is a list of rows; take `list[strawberry.ID]` and use work.find_global",
        ),
        (
            list[Company] | None,
            "the parameter 'given' is a list of rows; take `list[strawberry.ID]` and use work.find_global",
        ),
    ],
)
def test_mutation_with_a_parameter_that_cannot_be_sent(annotation: Any, words: str) -> None:
    made = plugin()
    change(made, "thing_change", given=annotation)

    assert refused(made) == [f"Mutation.thingChange of plugin 'alpha': {words}"]


@pytest.mark.parametrize("annotation", [int, AlphaThing, list[Company]])
def test_mutation_that_returns_what_no_payload_can_show(annotation: Any) -> None:
    made = plugin()
    change(made, "thing_change", **{"return": annotation})
    name = annotation.__name__ if isinstance(annotation, type) and annotation is not list[Company] else "list"

    assert refused(made) == [
        f"Mutation.thingChange of plugin 'alpha': it cannot return {name}; return a stored type, Workspace or None"
    ]


def test_mutation_without_annotations() -> None:
    made = plugin()

    @made.mutation(description="Changes it.")
    async def thing_change(work, given):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 (that is the mistake)
        return None

    assert refused(made) == [
        (
            "Mutation.thingChange of plugin 'alpha': it does not say what it returns; "
            "annotate it with a stored type, Workspace or None"
        ),
        "Mutation.thingChange of plugin 'alpha': the parameter 'given' has no type; annotate it",
    ]


def test_mutation_without_work() -> None:
    made = plugin()

    @made.mutation(description="Changes it.")
    async def thing_change() -> None: ...

    assert refused(made) == [
        (
            "Mutation.thingChange of plugin 'alpha': it takes nothing to work with; "
            "write `work: Work` as its first parameter"
        )
    ]


def test_mutation_with_an_annotation_that_nothing_is_called() -> None:
    made = plugin()
    change(made, "thing_change", given="Nowhere")

    assert refused(made) == [
        (
            "Mutation.thingChange of plugin 'alpha': its annotations cannot be resolved "
            "(name 'Nowhere' is not defined); import what they name"
        )
    ]
