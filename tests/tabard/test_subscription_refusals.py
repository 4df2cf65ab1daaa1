"""Assembly refuses events and subscriptions that could not be served, each with a remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from tabard import Company, Event, Plugin, Public, Reader
from tests.tabard.samples import Bare, beta, give, plugin, refused


async def every(reader: Reader, events: list[Event]) -> list[Event]:
    """Chooses all."""
    return events


def told(
    made: Plugin,
    function: Callable[..., Any] = every,
    *,
    name: str = "alpha_changed",
    description: str = "Tells.",
) -> Plugin:
    """The plugin with an event of companies and a subscription on it."""
    changed = made.event("changed", of=Company)
    made.subscription(on=changed, name=name, description=description)(function)
    return made


@pytest.mark.promise("P4")
def test_subscription_without_a_policy() -> None:
    assert refused(told(plugin(policy=None))) == [
        "Subscription.alphaChanged of plugin 'alpha' has no policy; write policy=Permission.WORKSPACE or another one"
    ]


def test_subscription_that_two_plugins_contribute() -> None:
    assert refused(told(plugin()), told(beta())) == [
        "Subscription.alphaChanged is contributed by both 'alpha' and 'beta'; rename one of them"
    ]


def test_subscription_without_description_or_with_another_form_of_name() -> None:
    assert refused(told(plugin(), description=" ", name="alphaChanged")) == [
        "Subscription.alphaChanged of plugin 'alpha' has no description; frontends read it in the schema",
        "Subscription.alphaChanged of plugin 'alpha': the name 'alphaChanged' is not snake_case",
    ]


def test_field_of_subscription_that_is_no_subscription() -> None:
    made = plugin()
    give(made, "Subscription", "alpha_changed")

    assert refused(made) == [
        "Subscription.alphaChanged of plugin 'alpha': a field of Subscription is made by @plugin.subscription"
    ]


def test_subscription_on_an_event_of_a_plugin_that_is_absent() -> None:
    made = plugin()
    made.subscription(on=beta().event("moved", of=Company), description="Tells.")(every)

    assert refused(made) == [
        "Subscription.every of plugin 'alpha' is on the event 'moved' of plugin 'beta', which is not installed"
    ]


def test_event_that_is_no_event() -> None:
    made = plugin()
    made.event("Moved", of=Company)
    made.event("lost", of=Company)
    made.event("lost", of=Company)
    made.event("bare", of=Bare)

    assert refused(made) == [
        "the event 'Moved' of plugin 'alpha' is not snake_case",
        "the event 'bare' of plugin 'alpha' is of Bare, which is no stored type with an id",
        "the event 'lost' of plugin 'alpha' is declared twice; rename one of them",
    ]


async def lonely(reader: Reader) -> list[Event]:
    return []


async def untyped(reader: Reader, events: list[Event], *, kind=None) -> list[Event]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return events


async def taken(reader: Reader, events: list[Event], *, after: str | None = None) -> list[Event]:
    return events


async def unsent(reader: Reader, events: list[Event], *, kind: Bare | None = None) -> list[Event]:
    return events


async def unnamed(reader: Reader, events: "list[Nothing]") -> list[Event]:  # type: ignore[name-defined]  # noqa: F821
    return events


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lonely, "it does not take what it is given; write `(reader: Reader, events: list[Event], *, ...)`"),
        (untyped, "the argument 'kind' has no type; annotate it"),
        (taken, "the argument 'after' comes by itself; rename yours"),
        (unsent, "the argument 'kind': Bare is no GraphQL type; decorate the class with @strawberry.type"),
        (
            unnamed,
            "its annotations cannot be resolved (name 'Nothing' is not defined); import what they name",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_function_that_cannot_be_a_subscription(function: Callable[..., Any], words: str) -> None:
    assert refused(told(plugin(policy=Public), function)) == [
        f"Subscription.alphaChanged of plugin 'alpha': {words}"
    ]
