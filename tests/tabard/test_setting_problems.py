"""A setting that refuses a value says what is wrong with it, in words for whoever fills in the form."""

import enum
import string
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
import strawberry
from annotated_types import Ge
from pydantic import AfterValidator, Field, FutureDate, PastDate
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ErrorType

from tabard import (
    Chosen,
    Deal,
    ObjectRef,
    Permission,
    Plugin,
    PropertyKind,
    PropertyRef,
    Settings,
    Subject,
    Tab,
)
from tabard.setting_problems import FORMS, UNFIT, WORDS, problem
from tabard.testing import Gateway
from tests.tabard.samples import bundled

ADMIN = "super-admin"
SAVE = """mutation ($workspace: ID!, $settings: AlphaSettingsPatch!) {
  alphaSettingsUpdate(input: { workspace: $workspace, settings: $settings }) {
    workspace { alpha { settings { days kinds kind note } } }
    userErrors { code reason path message }
  }
}"""
FORM = "{ workspace { id tabs { key settingsSchema settingsValues settingsOwn } } }"


@strawberry.enum(description="A day of the week.")
class AlphaDay(enum.Enum):
    MONDAY = strawberry.enum_value((1, "first"), description="The first.")
    FRIDAY = strawberry.enum_value((5, "fifth"), description="The fifth.", name="FRIYAY")


def even(number: int) -> int:
    if number % 2:
        raise ValueError("it must be even.")
    return number


def known(text: str) -> str:
    if text != "open sesame":
        raise PydanticCustomError("alpha_word", "it is not the word")
    return text


@strawberry.type(description="Settings with bounds of all kinds.")
class AlphaSettings(Settings):
    days: Annotated[int, Field(ge=1, lt=366)] = strawberry.field(default=30, description="Days.")
    steps: Annotated[int, Field(gt=0, le=10, multiple_of=5)] = strawberry.field(
        default=5, description="Steps."
    )
    share: Annotated[Decimal, Field(max_digits=5, decimal_places=2)] = strawberry.field(
        default=Decimal("0.5"), description="Share."
    )
    code: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]+$")] = strawberry.field(
        default="abc", description="Code."
    )
    labels: Annotated[list[str], Field(min_length=1, max_length=2)] = strawberry.field(
        default_factory=lambda: ["new"], description="Labels."
    )
    hours: list[Annotated[int, Ge(0)]] = strawberry.field(default_factory=list, description="Hours.")
    kinds: list[AlphaDay] = strawberry.field(default_factory=list, description="Days of the week.")
    kind: AlphaDay | None = strawberry.field(default=None, description="A day of the week.")
    due_on: Annotated[date, FutureDate()] = strawberry.field(default=date(9999, 1, 1), description="To come.")
    begun_on: Annotated[date, PastDate()] = strawberry.field(default=date(2001, 1, 1), description="Gone by.")
    pair: Annotated[int, AfterValidator(even)] = strawberry.field(default=2, description="Even.")
    note: str | None = strawberry.field(default=None, description="Free.")
    ratio: float = strawberry.field(default=0.5, description="Ratio.")
    objects: Annotated[list[str], ObjectRef(Deal)] = strawberry.field(
        default_factory=list, description="Record types."
    )
    holder: Annotated[str, PropertyRef(Chosen("objects"), PropertyKind.USER)] = strawberry.field(
        default="owner", description="Who holds them."
    )
    word: Annotated[str, AfterValidator(known)] = strawberry.field(
        default="open sesame", description="The word."
    )


@strawberry.type(description="A tab.")
class AlphaTab:
    subject: strawberry.Private[Subject]
    settings: AlphaSettings = strawberry.field(description="Its settings.")


@pytest.fixture
def plugins() -> Sequence[Plugin]:
    tab = Tab(
        "alpha",
        noun="Alpha",
        title="Alpha",
        root=AlphaTab,
        settings=AlphaSettings,
        policy=Permission.WORKSPACE,
        shown_by_default=True,
    )
    return [*bundled(), tab]


REFUSED: list[tuple[Mapping[str, Any], str, str]] = [
    ({"days": 0}, "days", "The setting 'days' is 0; it must be at least 1."),
    ({"days": 366}, "days", "The setting 'days' is 366; it must be less than 366."),
    ({"steps": 0}, "steps", "The setting 'steps' is 0; it must be more than 0."),
    ({"steps": 15}, "steps", "The setting 'steps' is 15; it must be at most 10."),
    ({"steps": 7}, "steps", "The setting 'steps' is 7; it must be a multiple of 5."),
    (
        {"share": "1.234"},
        "share",
        "The setting 'share' has too many decimal places; it can have at most 2.",
    ),
    ({"share": "123456"}, "share", "The setting 'share' has too many digits; it can have at most 5."),
    ({"code": "a"}, "code", "The setting 'code' has 1 character; it needs at least 2."),
    ({"code": "abcde"}, "code", "The setting 'code' has 5 characters; it can have at most 4."),
    ({"code": "A!"}, "code", "The setting 'code' is 'A!', which is not of the form ^[a-z]+$."),
    ({"labels": []}, "labels", "The setting 'labels' lists no items; it needs at least 1."),
    ({"labels": ["a"] * 3}, "labels", "The setting 'labels' lists 3 items; it can list at most 2."),
    ({"hours": [1, -1]}, "hours.1", "Item 2 of the setting 'hours' is -1; it must be at least 0."),
    (
        {"kinds": ["FRIYAY", "MONDAY", "FRIYAY"]},
        "kinds.2",
        "Item 3 of the setting 'kinds' is 'FRIYAY' again; list it once.",
    ),
    ({"dueOn": "2001-01-01"}, "dueOn", "The setting 'dueOn' is 2001-01-01; it must be in the future."),
    ({"begunOn": "9999-01-01"}, "begunOn", "The setting 'begunOn' is 9999-01-01; it must be in the past."),
    ({"pair": 3}, "pair", "The setting 'pair' cannot be used: it must be even."),
    ({"word": "x"}, "word", "The setting 'word' cannot be used: it is not the word."),
]


async def test_each_bound_says_what_is_wrong_and_what_would_be_right(gateway: Gateway) -> None:
    before = (await gateway.query(FORM, persona=ADMIN))["workspace"]
    for settings, path, message in REFUSED:
        variables = {"workspace": before["id"], "settings": settings}
        saved = (await gateway.query(SAVE, variables, persona=ADMIN))["alphaSettingsUpdate"]
        assert saved["workspace"] is None
        assert saved["userErrors"] == [
            {
                "code": "INVALID",
                "reason": "setting.invalid",
                "path": ["input", "settings", *path.split(".")],
                "message": message,
            }
        ]
    assert (await gateway.query(FORM, persona=ADMIN))["workspace"] == before


async def test_number_that_is_too_large_for_a_float_is_refused_as_no_finite_one(gateway: Gateway) -> None:
    workspace = (await gateway.query(FORM, persona=ADMIN))["workspace"]["id"]
    document = SAVE.replace(", $settings: AlphaSettingsPatch!", "").replace("$settings", "{ ratio: -1e400 }")
    saved = (await gateway.query(document, {"workspace": workspace}, persona=ADMIN))["alphaSettingsUpdate"]
    assert [(error["path"][-1], error["message"]) for error in saved["userErrors"]] == [
        ("ratio", "The setting 'ratio' must be a finite number.")
    ]


async def test_setting_about_record_types_that_nobody_chose_says_where_to_choose(gateway: Gateway) -> None:
    workspace = (await gateway.query(FORM, persona=ADMIN))["workspace"]["id"]
    variables = {"workspace": workspace, "settings": {"holder": "owner"}}
    saved = (await gateway.query(SAVE, variables, persona=ADMIN))["alphaSettingsUpdate"]
    assert [(error["reason"], error["message"]) for error in saved["userErrors"]] == [
        (
            "setting.property_kind",
            (
                "The setting 'holder' is about record types that another setting chooses, and it chooses none; "
                "choose one there first."
            ),
        )
    ]


async def test_enums_are_kept_and_offered_by_the_names_that_clients_send(gateway: Gateway) -> None:
    workspace = (await gateway.query(FORM, persona=ADMIN))["workspace"]
    settings = {"kinds": ["FRIYAY", "MONDAY"], "kind": "FRIYAY"}
    variables = {"workspace": workspace["id"], "settings": settings}
    saved = (await gateway.query(SAVE, variables, persona=ADMIN))["alphaSettingsUpdate"]
    assert saved["userErrors"] == []
    assert saved["workspace"]["alpha"]["settings"] == {"days": 30, "note": None, **settings}
    (form,) = [
        tab
        for tab in (await gateway.query(FORM, persona=ADMIN))["workspace"]["tabs"]
        if tab["key"] == "alpha"
    ]
    assert {name: form["settingsValues"][name] for name in settings} == settings
    properties = form["settingsSchema"]["properties"]
    assert properties["kinds"]["items"] == {"enum": ["MONDAY", "FRIYAY"]}
    assert properties["kinds"]["uniqueItems"] is True
    assert properties["kind"]["anyOf"] == [{"enum": ["MONDAY", "FRIYAY"]}, {"type": "null"}]
    assert "uniqueItems" not in properties["labels"], "a plain list may repeat itself"


def test_every_kind_of_error_has_words_of_our_own() -> None:
    kinds = typing.get_args(ErrorType)
    assert set(WORDS) - {"repeated"} <= set(kinds)
    assert all(any(kind.startswith(start) for kind in kinds) for start in FORMS)
    context = {
        name: "3" for words in WORDS.values() for _, name, _, _ in string.Formatter().parse(words) if name
    }
    for kind in kinds:
        words = problem(kind, "given", {**context, "error": "it must be even"}, "Input should be nice")
        assert words.startswith(("is ", "lists ", "has ", "must be ", "can", "lacks ")), (kind, words)
        assert "nput" not in words, (kind, words)
        assert "valid" not in words.replace("validation", ""), (kind, words)


@pytest.mark.parametrize(
    ("kind", "given_value", "words"),
    [
        ("int_parsing", "soon", "must be a whole number"),
        ("date_from_datetime_inexact", "x", "must be a day, written YYYY-MM-DD"),
        ("datetime_parsing", "x", "must be a moment, written as 2026-11-22T09:30:00Z"),
        ("model_type", {}, UNFIT),
        ("assertion_error", "x", UNFIT),
        ("greater_than", "x" * 50, f"is '{'x' * 40}…'; it must be more than 1"),
    ],
)
def test_values_of_another_type_are_told_how_to_be_written(kind: str, given_value: Any, words: str) -> None:
    assert problem(kind, given_value, {"gt": 1}) == words
