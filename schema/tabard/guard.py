"""Guard: the policies of a field, checked before it is resolved, and its plugin's failures contained."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLResolveInfo
from graphql.pyutils import is_awaitable

from tabard.cancellation import is_cancelled
from tabard.containment import BROKEN, late
from tabard.errors import Fault, GraphError, PluginFailure
from tabard.policies import Policy

log = structlog.get_logger("tabard.plugins")
Resolve = Callable[..., Any]


class Guarded:
    """A field's resolver behind its policies; with a plugin, what it raises becomes that plugin's failure.

    Calling it does both for one object. Who runs many at once checks the policies once and contains each call.
    `limit` is how many seconds an awaited result may take; None where something else sees to that.
    """

    def __init__(
        self,
        field: str,
        resolve: Resolve,
        policies: tuple[Policy, ...],
        plugin: str | None,
        limit: float | None = None,
    ) -> None:
        self.field = field
        self.resolve = resolve
        self.policies = policies
        self.plugin = plugin
        self.limit = limit

    def __call__(self, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        for policy in self.policies:
            info.context.require(policy)
        return self.contained_resolve(source, info, **args)

    def contained_resolve(self, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        """The resolver without its policies, for whoever has checked them."""
        return self.contained(self.resolve, source, info, **args)

    def contained(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the function gives or, awaited, will give; its failure is the plugin's."""
        if self.plugin is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            raise self.failure(error) from error
        return self._awaited(self.plugin, result) if is_awaitable(result) else result

    def failure(self, error: BaseException) -> BaseException:
        """What a client gets to know of an exception."""
        if self.plugin is None or isinstance(error, GraphError | Fault | GraphQLError):
            return error
        return self._failed(self.plugin, error, BROKEN)

    def _failed(self, plugin: str, error: BaseException, problem: str) -> PluginFailure:
        log.error("plugin failed", plugin=plugin, field=self.field, problem=problem, exc_info=error)
        failure = PluginFailure(plugin, f"The plugin '{plugin}' {problem}.")
        failure.__cause__ = error
        return failure

    async def _awaited(self, plugin: str, result: Awaitable[Any]) -> Any:
        deadline = asyncio.timeout(self.limit)
        try:
            async with deadline:
                return await result
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            if self.limit is not None and deadline.expired():
                raise self._failed(plugin, error, late(self.limit)) from error
            raise self.failure(error) from error


class GuardedNaming:
    """The `resolve_type` of an interface or union behind the policies of the types that it names.

    A field that leads to one type has that type's policy itself; here it is not known before the object is.
    """

    def __init__(self, resolve_type: Resolve, policies: Mapping[str, Policy]) -> None:
        self.resolve_type = resolve_type
        self.policies = policies

    def __call__(self, value: Any, info: GraphQLResolveInfo[Any], type_: Any) -> Any:
        name = self.resolve_type(value, info, type_)
        if (policy := self.policies.get(name)) is not None:
            info.context.require(policy)
        return name
