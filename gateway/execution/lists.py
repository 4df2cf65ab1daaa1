"""Lists: what a resolver gives for a list, as one; whatever is dropped on the way is closed."""

from __future__ import annotations

from collections.abc import AsyncIterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import is_iterable
from strawberry.execution import optimized_is_awaitable

from gateway.execution.leaves import is_null
from gateway.execution.waits import dispose

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan


def as_list(value: Any, field: FieldPlan) -> Any:
    """The value as a list, or the exception that says why it is none."""
    if type(value) is list or isinstance(value, Exception) or is_null(value):
        return value
    if not is_iterable(value):
        where = f"'{field.parent}.{field.field_name}'"
        return GraphQLError(f"Expected Iterable, but did not find one for field {where}.")
    items: list[Any] = []
    try:
        iterator = iter(value)
    except Exception as error:  # noqa: BLE001 - what cannot be iterated is its field's error
        return error
    try:
        items.extend(iterator)
    except Exception as error:  # noqa: BLE001 - a generator that fails costs its list
        left = collect_iterator_awaitables(iterator, optimized_is_awaitable)
        dispose([*filter(optimized_is_awaitable, items), *left])
        return error
    return items


async def collected(values: AsyncIterable[Any], *, is_nullable: bool) -> list[Any]:
    """The items; no more of them than it takes to know that the list is lost to a null that may not be."""
    iterator = aiter(values)
    items: list[Any] = []
    try:
        async for item in iterator:
            items.append(item)
            if not is_nullable and (is_null(item) or isinstance(item, Exception)):
                await _closed(iterator)
                break
    except Exception:
        dispose(list(filter(optimized_is_awaitable, items)))
        await _closed(iterator)
        raise
    return items


async def _closed(iterator: Any) -> None:
    if close := getattr(iterator, "aclose", None):
        with suppress(Exception):
            await close()
