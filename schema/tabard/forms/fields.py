"""Field forms: values, related rows and lists on types."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tabard.connection import Connection
from tabard.contributions import Argument
from tabard.errors import StartError
from tabard.forms.contributor import READER, Contributor, arguments_of, hints_of
from tabard.policies import Policy
from tabard.reads.connections import ConnectionRead, ListingRead
from tabard.reads.level import DeclaredRead
from tabard.reads.ordering import Order
from tabard.reads.related import ManyRead, OneRead, Via
from tabard.reads.rows import RowsRead
from tabard.reads.values import ValueRead

F = TypeVar("F", bound=Callable[..., Any])

PAGING = (
    Argument(
        "first",
        int | None,
        default=None,
        description="How many items from the start, at most 100; default 25.",
    ),
    Argument("after", str | None, default=None, description="Start behind this cursor; goes with `first`."),
    Argument("last", int | None, default=None, description="How many items from the end, at most 100."),
    Argument("before", str | None, default=None, description="End before this cursor; goes with `last`."),
)


class FieldForms(Contributor):
    """Adds fields to types, the plugin's own or another's."""

    def field(
        self,
        owner: type | str,
        *,
        key: str | None = None,
        description: str,
        policy: Policy | None = None,
        name: str | None = None,
        deprecation_reason: str | None = None,
    ) -> Callable[[F], F]:
        """Adds a value to a type: `async def f(reader, keys, *, arg=...) -> dict[key, V]`.

        `key` names the parent's attribute that is the key; without it the function gets the parents
        and returns a list in their order. `owner` may be the GraphQL name of another plugin's type.
        """

        def add(function: F) -> F:
            value = _value_annotation(function, has_key=key is not None)
            self._add_field(
                owner,
                name or function.__name__,
                value,
                ValueRead(function, key),
                description,
                arguments=arguments_of(
                    function, READER, "parents: list[T]" if key is None else "keys: list[int]"
                ),
                policy=policy,
                deprecation_reason=deprecation_reason,
            )
            return function

        return add

    def one(
        self,
        owner: type | str,
        name: str,
        *,
        to: type,
        key: str,
        description: str,
        policy: Policy | None = None,
    ) -> None:
        """Adds the row of `to` whose id is the parent's attribute `key`."""
        self._add_field(owner, name, to | None, OneRead(to, key), description, policy=policy)

    def many(
        self,
        owner: type | str,
        name: str,
        *,
        to: type,
        by: str | None = None,
        via: Via | None = None,
        key: str = "id",
        order: str | Sequence[str] | None = None,
        description: str,
        policy: Policy | None = None,
    ) -> None:
        """Adds all rows of `to` whose column `by` holds the parent's `key`; for short lists."""
        read = ManyRead(to, key, by, via, Order.parse(order))
        annotation = list[to] | None  # type: ignore[valid-type]
        self._add_field(owner, name, annotation, read, description, policy=policy, is_null_only_on_error=True)

    def connection(
        self,
        owner: type | str,
        name: str | None = None,
        *,
        to: type,
        by: str | None = None,
        via: Via | None = None,
        key: str = "id",
        order: str | Sequence[str] | None = None,
        description: str,
        policy: Policy | None = None,
    ) -> Callable[[F], F]:
        """Adds a paged list of `to`: related rows by column (`by=`, `via=`), or what a function selects.

        As a decorator on `def f(parent, *, arg=...) -> select of ids`: the select's first column is the id,
        its ORDER BY the order. Called with `by` or `via` it needs no function.
        """
        if by is not None or via is not None:
            assert name is not None, "a connection without a function needs a name"
            read = ConnectionRead(to, key, by, via, Order.parse(order), f"{_name_of(owner)}.{name}")
            self._add_connection(owner, name, to, read, (), description, policy)

        def add(function: F) -> F:
            field_name = name or function.__name__
            listing = ListingRead(to, function, f"{_name_of(owner)}.{field_name}")
            given = arguments_of(function, "parent: T")
            self._add_connection(owner, field_name, to, listing, given, description, policy)
            return function

        return add

    def rows(
        self,
        owner: type | str,
        name: str | None = None,
        *,
        to: type,
        key: str | None = None,
        many: bool = True,
        arguments: Sequence[Argument] = (),
        description: str,
        policy: Policy | None = None,
    ) -> Callable[[F], F]:
        """Adds rows read set-wise: `async def f(reader, read: Read) -> Columns`."""

        def add(function: F) -> F:
            arguments_of(function, READER, "read: Read")
            annotation = (list[to] if many else to) | None  # type: ignore[valid-type]
            self._add_field(
                owner,
                name or function.__name__,
                annotation,
                RowsRead(function, to, key, many),
                description,
                arguments=tuple(arguments),
                policy=policy,
                is_null_only_on_error=many,
            )
            return function

        return add

    def every(
        self,
        name: str,
        *,
        to: type,
        order: str | Sequence[str] | None = None,
        description: str,
        policy: Policy | None = None,
    ) -> None:
        """Adds a connection of all rows of `to` to Query."""
        read = ListingRead(to, None, f"Query.{name}", Order.parse(order))
        self._add_connection("Query", name, to, read, (), description, policy)

    def declare(
        self,
        owner: type | str,
        name: str,
        annotation: Any,
        read: DeclaredRead,
        description: str,
        *,
        policy: Policy | None = None,
        **arguments: Any,
    ) -> None:
        """Adds a field with a read of its own; the forms above are made of this one.

        `arguments` map names to annotations; each may be left out and is None then.
        """
        given = tuple(Argument(key, hint, default=None) for key, hint in arguments.items())
        self._add_field(owner, name, annotation, read, description, arguments=given, policy=policy)

    def _add_connection(
        self,
        owner: type | str,
        name: str,
        to: type,
        read: DeclaredRead,
        arguments: tuple[Argument, ...],
        description: str,
        policy: Policy | None,
    ) -> None:
        self._add_field(
            owner,
            name,
            Connection[to] | None,  # type: ignore[valid-type]
            read,
            description,
            arguments=(*arguments, *PAGING),
            policy=policy,
            is_null_only_on_error=True,
        )


def _name_of(owner: type | str) -> str:
    return owner if isinstance(owner, str) else owner.__name__


def _value_annotation(function: Callable[..., Any], *, has_key: bool) -> Any:
    returned = hints_of(function).get("return")
    arguments = typing.get_args(returned)
    if has_key and typing.get_origin(returned) is dict and len(arguments) == 2:
        return arguments[1] | None
    if not has_key and typing.get_origin(returned) is list and len(arguments) == 1:
        return arguments[0]
    form = "dict[int, V]" if has_key else "list[V | None]"
    raise StartError(
        f"{function.__name__} must say what it returns, as `-> {form}`; it says {_said(returned)}"
    )


def _said(annotation: Any) -> str:
    if annotation is None:
        return "nothing"
    name = annotation.__name__ if isinstance(annotation, type) else annotation
    return f"`-> {name}`"
