"""Contributor: what every form adds to."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tabard.contributions import (
    Argument,
    FieldContribution,
    MutationContribution,
    RecordContribution,
    SubscriptionContribution,
    TypePolicy,
)
from tabard.errors import RegistryFrozen, StartError
from tabard.events import EventKind
from tabard.policies import Policy
from tabard.reader import Reader
from tabard.reads.level import DeclaredRead
from tabard.storage.merging import TableRules

READER = "reader: Reader"


class Contributor:
    """Collects contributions until the graph is assembled; after that it raises RegistryFrozen."""

    def __init__(self, name: str, policy: Policy | None) -> None:
        self.name = name
        self.policy: Policy | None = None
        self.policy = self._policy(policy)
        self.metadata = sa.MetaData()
        self.fields: list[FieldContribution] = []
        self.mutations: list[MutationContribution] = []
        self.subscriptions: list[SubscriptionContribution] = []
        self.events: list[EventKind] = []
        self.records: list[RecordContribution] = []
        self.type_policies: list[TypePolicy] = []
        self.types: list[type] = []
        self.tables: dict[str, TableRules] = {}
        self.is_frozen = False

    def _add_field(
        self,
        owner: type | str,
        name: str,
        annotation: Any,
        read: DeclaredRead,
        description: str,
        **options: Any,
    ) -> None:
        self._check_open()
        options["policy"] = self._policy(options.get("policy"))
        self.fields.append(
            FieldContribution(self.name, owner, name, annotation, read, description, **options)
        )

    def _policy(self, given: Policy | None) -> Policy | None:
        """The policy of one piece: its own, else the plugin's."""
        return self.policy if given is None else self._checked(given)

    def _checked(self, given: object) -> Policy:
        if not isinstance(given, Policy):
            raise StartError(
                f"the plugin '{self.name}' names the policy {given!r}, which is none; "
                "write policy=Permission.WORKSPACE or another one that tabard has"
            )
        return given

    def _check_open(self) -> None:
        if self.is_frozen:
            raise RegistryFrozen(
                f"the plugin '{self.name}' contributed after the graph was assembled, so it would be "
                "missing; contribute at import"
            )


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What a function's parameters and result are annotated with."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise StartError(
            f"{function.__name__}: its annotations cannot be resolved ({error}); import what they name"
        ) from error


def arguments_of(function: Callable[..., Any], *given: str) -> tuple[Argument, ...]:
    """The field's arguments: the function's keyword-only parameters, behind those that it is `given`."""
    hints = hints_of(function)
    parameters = inspect.signature(function).parameters.values()
    keywords = [item for item in parameters if item.kind is inspect.Parameter.KEYWORD_ONLY]
    taken = [item.name for item in parameters if item.kind is not inspect.Parameter.KEYWORD_ONLY]
    readers = [place for place, name in enumerate(taken) if hints.get(name) is Reader]
    if len(taken) != len(given) or readers not in ([], [0] if READER in given else []):
        raise StartError(
            f"{function.__name__} does not take what it is given; write `({', '.join(given)}, *, …)`, "
            "with the field's arguments behind the `*`"
        )
    for item in keywords:
        if item.name not in hints:
            raise StartError(f"{function.__name__}: the argument '{item.name}' has no type; annotate it")
    return tuple(Argument(item.name, hints[item.name], default=_default(item)) for item in keywords)


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is inspect.Parameter.empty else parameter.default
