"""Root forms: fields of Query, mutations, events and subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tabard.contributions import MutationContribution, SubscriptionContribution
from tabard.events import EventKind
from tabard.forms.contributor import READER, Contributor, arguments_of, hints_of
from tabard.policies import Policy
from tabard.reads.values import RootRead

F = TypeVar("F", bound=Callable[..., Any])


class RootForms(Contributor):
    """Adds fields to Query, Mutation and Subscription."""

    def query(
        self, *, description: str, policy: Policy | None = None, name: str | None = None
    ) -> Callable[[F], F]:
        """Adds a field of Query: `async def f(reader, *, arg=...) -> V | None`."""

        def add(function: F) -> F:
            self._add_field(
                "Query",
                name or function.__name__,
                hints_of(function).get("return"),
                RootRead(function),
                description,
                arguments=arguments_of(function, READER),
                policy=policy,
            )
            return function

        return add

    def mutation(
        self, *, description: str, policy: Policy | None = None, name: str | None = None
    ) -> Callable[[F], F]:
        """Adds a mutation: `async def renewal_set(work, company: Company, due_on: date) -> Company`.

        Input, payload and `userErrors` are derived. A parameter annotated with a stored type takes its
        id and arrives as the row, which the viewer can see.
        """

        def add(function: F) -> F:
            self._check_open()
            contribution = MutationContribution(
                self.name, name or function.__name__, function, description, self._policy(policy)
            )
            self.mutations.append(contribution)
            return function

        return add

    def event(self, name: str, *, of: type, prefixes: tuple[str, ...] = ()) -> EventKind:
        """Declares a kind of event whose subject is a row of `of`; `work.emit` writes it.

        `prefixes` are kinds that the core writes by itself.
        """
        self._check_open()
        kind = EventKind(self.name, name, of, prefixes or (f"{self.name}.{name}",))
        self.events.append(kind)
        return kind

    def subscription(
        self, *, on: EventKind, description: str, policy: Policy | None = None, name: str | None = None
    ) -> Callable[[F], F]:
        """Adds a subscription: `async def f(reader, events, *, arg=...) -> list[Event]` chooses among events.

        It is asked about the events whose subject the viewer can see. The payload is derived: the event
        with its cursor, and the subject as it is now. The argument `after` comes by itself.
        """

        def add(function: F) -> F:
            self._check_open()
            contribution = SubscriptionContribution(
                self.name, name or function.__name__, on, function, description, self._policy(policy)
            )
            self.subscriptions.append(contribution)
            return function

        return add
