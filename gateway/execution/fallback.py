"""Fallback: why an operation is left to graphql-core, and how often; a silent fall-off would be the worst bug."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    visit,
)
from graphql.language import Visitor
from graphql.pyutils.is_awaitable import is_awaitable
from strawberry.execution import optimized_is_awaitable

from tabard.tracing import note

if TYPE_CHECKING:
    from graphql.execution import Executor

log = structlog.get_logger("tabard.engine")


class Reason(StrEnum):
    """Why an operation ran on graphql-core."""

    FIRST_SIGHTING = "first-sighting"
    """The document is new; its second request makes a plan."""
    SWITCHED_OFF = "switched-off"
    """The operator has set the engine to `stock`."""
    MIDDLEWARE = "middleware"
    """An extension or a middleware wraps every resolver."""
    INCREMENTAL = "incremental-delivery"
    """The document uses `@defer` or `@stream`."""
    INTROSPECTION = "introspection"
    """The document asks for `__schema` or `__type`."""
    ABORT_SIGNAL = "abort-signal"
    """The caller has given a signal to abort by."""
    HOOKS = "hooks"
    """The caller has given execution hooks."""
    ERROR_PROPAGATION = "no-error-propagation"
    """The operation asks that errors do not propagate."""
    AWAITABLES = "other-awaitables"
    """The caller has an idea of its own of what is awaitable."""
    TOO_MANY_VARIANTS = "too-many-variants"
    """The conditions of `@skip` and `@include` have come in more than sixteen combinations."""
    NOT_PLANNED = "not-planned"
    """Planning has failed; graphql-core says why, or the log does."""


class Fallbacks:
    """Counts the operations by the reason they fell back for, None for those that ran compiled."""

    def __init__(self) -> None:
        self.counts: Counter[Reason | None] = Counter()

    def count(self, reason: Reason | None) -> None:
        """Counts an operation; its trace bears the reason, and the first one of each is logged."""
        self.counts[reason] += 1
        if reason is None:
            return
        note("fallback", reason.value)
        if self.counts[reason] == 1:
            log.info("left to graphql-core", reason=reason.value)


def caller_reason(executor: Executor[Any]) -> Reason | None:
    """Why what the caller asks of the executor is not the engine's to give."""
    if executor.middleware_manager and executor.middleware_manager.middlewares:
        return Reason.MIDDLEWARE
    if executor.abort_signal is not None:
        return Reason.ABORT_SIGNAL
    if executor.hooks is not None:
        return Reason.HOOKS
    if not executor.error_propagation:
        return Reason.ERROR_PROPAGATION
    if executor.is_awaitable not in (is_awaitable, optimized_is_awaitable):
        return Reason.AWAITABLES
    return None


class Features(Visitor):
    """What a document uses that decides how it can be run: a reason to fall back, and its conditions."""

    def __init__(self, *parts: Any) -> None:
        super().__init__()
        self.reason: Reason | None = None
        self.conditions: set[str] = set()
        visit(DocumentNode(definitions=parts), self)

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in ("__schema", "__type"):
            self.reason = Reason.INTROSPECTION

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in (GraphQLDeferDirective.name, GraphQLStreamDirective.name):
            self.reason = Reason.INCREMENTAL
        for argument in node.arguments or ():
            variable = getattr(argument.value, "name", None)
            if node.name.value in ("skip", "include") and variable is not None:
                self.conditions.add(variable.value)
