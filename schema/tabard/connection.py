"""Connection: Relay's page of a list, and what asks for one."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import strawberry

from tabard.errors import BadUserInput, PageSizeExceeded

T = TypeVar("T")
DEFAULT_PAGE = 25
MAX_PAGE = 100


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more items follow `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether items come before `startCursor`.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null when empty.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item; null when empty.")


@strawberry.type(description="An item of a connection, and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque; pass it as `after` or `before` of the same list.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items of the page, each with its cursor.")
    nodes: list[T] = strawberry.field(description="The items of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    total_count: int = strawberry.field(
        description="How many items the list has; counted only when selected."
    )


class Page(NamedTuple):
    """Which part of a list: the first `size` after a cursor, or the last `size` before one."""

    size: int
    cursor: str | None
    is_backward: bool

    @classmethod
    def from_arguments(cls, args: Mapping[str, Any]) -> "Page":
        """Reads `first after last before`; raises BadUserInput or PageSizeExceeded."""
        first, last = args.get("first"), args.get("last")
        after, before = args.get("after"), args.get("before")
        if first is not None and last is not None:
            raise BadUserInput("Ask for `first` or for `last`, not for both.")
        if (after is not None and last is not None) or (before is not None and first is not None):
            raise BadUserInput("`after` goes with `first`, `before` goes with `last`.")
        if after is not None and before is not None:
            raise BadUserInput("Give `after` or `before`, not both.")
        is_backward = last is not None or before is not None
        asked = last if is_backward else first
        size = DEFAULT_PAGE if asked is None else int(asked)
        _check_size(size, "last" if is_backward else "first")
        return cls(size, before if is_backward else after, is_backward)


def _check_size(size: int, argument: str) -> None:
    if size < 0:
        raise BadUserInput(f"`{argument}` must not be negative.")
    if size > MAX_PAGE:
        cursor = "after" if argument == "first" else "before"
        raise PageSizeExceeded(
            f"`{argument}` is {size}; a page has at most {MAX_PAGE} items. Page with `{cursor}`.",
            limit=MAX_PAGE,
            actual=size,
        )
