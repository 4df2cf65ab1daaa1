"""Guard: the policies of a field, checked before it is resolved, and its plugin's failures contained."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLResolveInfo
from graphql.pyutils import is_awaitable

from tabard.errors import PluginFailure, TabardError
from tabard.policies import Policy

log = structlog.get_logger("tabard.plugins")
Resolve = Callable[..., Any]


def guarded(resolve: Resolve, policies: tuple[Policy, ...], plugin: str | None) -> Resolve:
    """The resolver behind its policies; with a plugin, what it raises becomes that plugin's failure."""

    def resolver(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        for policy in policies:
            info.context.require(policy)
        if plugin is None:
            return resolve(source, info, **args)
        try:
            result = resolve(source, info, **args)
        except BaseException as error:
            raise _failure(plugin, info, error) from error
        return _contained(plugin, info, result) if is_awaitable(result) else result

    return resolver


async def _contained(plugin: str, info: GraphQLResolveInfo[Any], result: Awaitable[Any]) -> Any:
    try:
        return await result
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        raise _failure(plugin, info, error) from error


def _failure(plugin: str, info: GraphQLResolveInfo[Any], error: BaseException) -> BaseException:
    if isinstance(error, TabardError | GraphQLError):
        return error
    log.error(
        "plugin failed", plugin=plugin, field=f"{info.parent_type.name}.{info.field_name}", exc_info=error
    )
    return PluginFailure(plugin)
