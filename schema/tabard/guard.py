"""Guard: the policies of a field, checked before it is resolved, and its plugin's failures contained."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLResolveInfo
from graphql.pyutils import is_awaitable

from tabard.cancellation import is_cancelled
from tabard.errors import Fault, GraphError, PluginFailure
from tabard.policies import Policy

log = structlog.get_logger("tabard.plugins")
Resolve = Callable[..., Any]


class Guarded:
    """A field's resolver behind its policies; with a plugin, what it raises becomes that plugin's failure.

    Calling it does both for one object. Who runs many at once checks the policies once and contains each call.
    """

    def __init__(
        self, field: str, resolve: Resolve, policies: tuple[Policy, ...], plugin: str | None
    ) -> None:
        self.field = field
        self.resolve = resolve
        self.policies = policies
        self.plugin = plugin

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
        return self._awaited(result) if is_awaitable(result) else result

    def failure(self, error: BaseException) -> BaseException:
        """What a client gets to know of an exception."""
        if self.plugin is None or isinstance(error, GraphError | Fault | GraphQLError):
            return error
        log.error("plugin failed", plugin=self.plugin, field=self.field, exc_info=error)
        failure = PluginFailure(self.plugin)
        failure.__cause__ = error
        return failure

    async def _awaited(self, result: Awaitable[Any]) -> Any:
        try:
            return await result
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            raise self.failure(error) from error
