"""Root forms: fields of Query, and mutations."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any, TypeVar

from tabard.contributions import MutationContribution
from tabard.forms.contributor import Contributor, arguments_of
from tabard.policies import Policy
from tabard.reads.values import RootRead

F = TypeVar("F", bound=Callable[..., Any])


class RootForms(Contributor):
    """Adds fields to Query and Mutation."""

    def query(
        self, *, description: str, policy: Policy | None = None, name: str | None = None
    ) -> Callable[[F], F]:
        """Adds a field of Query: `async def f(reader, *, arg=...) -> V | None`."""

        def add(function: F) -> F:
            self._add_field(
                "Query",
                name or function.__name__,
                typing.get_type_hints(function, include_extras=True).get("return"),
                RootRead(function),
                description,
                arguments=arguments_of(function),
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
                self.name, name or function.__name__, function, description, policy or self.policy
            )
            self.mutations.append(contribution)
            return function

        return add
