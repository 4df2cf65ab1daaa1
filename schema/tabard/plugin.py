"""Plugin: a named object that collects contributions; what a plugin author meets first."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from tabard.columns import Identifier
from tabard.connection import Connection
from tabard.contributions import (
    Argument,
    FieldContribution,
    MutationContribution,
    RecordContribution,
    TypePolicy,
)
from tabard.entities import bind, entity_of
from tabard.errors import RegistryFrozen, StartError
from tabard.hooks import hookimpl
from tabard.naming import SNAKE, noun_of, title
from tabard.policies import Policy
from tabard.properties import COMMON, Property, declare
from tabard.reads.connections import ConnectionRead, ListingRead
from tabard.reads.level import DeclaredRead
from tabard.reads.ordering import Order
from tabard.reads.related import ManyRead, OneRead, Via
from tabard.reads.rows import RowsRead
from tabard.reads.values import RootRead, ValueRead
from tabard.records.tables import record_table
from tabard.storage.merging import KEEP_SURVIVOR, MergeRule, TableRules
from tabard.storage.tables import tenant_table

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=type)

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


class Plugin:
    """A named bag of contributions; itself a pluggy plugin, so an entry point can name it.

    `name` is snake_case and prefixes the plugin's tables; `noun` begins the names of its types;
    `policy` covers all that it contributes and may be narrowed piece by piece. Contributing after
    assembly raises RegistryFrozen.
    """

    def __init__(
        self, name: str, *, noun: str | None = None, title: str | None = None, policy: Policy | None = None
    ) -> None:
        if not SNAKE.match(name):
            raise StartError(f"the plugin name {name!r} is not snake_case; write for example 'renewals'")
        self.name = name
        self.noun = noun
        self.title = title or _title(name)
        self.policy = policy
        self.metadata = sa.MetaData()
        self.fields: list[FieldContribution] = []
        self.mutations: list[MutationContribution] = []
        self.records: list[RecordContribution] = []
        self.type_policies: list[TypePolicy] = []
        self.types: list[type] = []
        self.tables: dict[str, TableRules] = {}
        self.folder = _folder_of_caller()
        self.is_frozen = False

    @hookimpl
    def contribute(self) -> Plugin:
        """The plugin itself is what it contributes."""
        return self

    # Fields on types

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
                arguments=_arguments(function),
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
            self._add_connection(owner, field_name, to, listing, _arguments(function), description, policy)
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

    # Root fields

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
                arguments=_arguments(function),
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

    # Rows

    def record(
        self,
        type_: type,
        *,
        table: sa.Table,
        properties: Sequence[str | Property] = (),
        pipelines: bool = False,
        policy: Policy | None = None,
    ) -> None:
        """Registers a record type: it gets properties, pipelines, associations and its own connection.

        `properties` name attributes of the type; owner and dates come by themselves.
        """
        self._check_open()
        bind(type_, table)
        declared = tuple(declare(type_, given) for given in properties)
        self.tables[table.name] = TableRules(table, self.name)
        self.records.append(
            RecordContribution(
                self.name, type_, table, (*declared, *COMMON), pipelines, policy or self.policy
            )
        )

    def record_table(
        self,
        name: str,
        *columns: sa.schema.SchemaItem,
        pipelines: bool = False,
        parents: dict[str, type] | None = None,
    ) -> sa.Table:
        """The table of a record type: `columns` after those that every record has.

        Name it as the type's noun (`service` for Service). `parents` maps reference columns to the types
        they point at; `pipelines=True` adds pipeline and stage.
        """
        self._check_open()
        references = {column: entity_of(parent).table for column, parent in (parents or {}).items()}
        return record_table(name, self.metadata, *columns, pipelines=pipelines, parents=references)

    def table(
        self,
        name: str,
        *columns: sa.schema.SchemaItem,
        of: type | None = None,
        on_merge: MergeRule = KEEP_SURVIVOR,
        parents: dict[str, type] | None = None,
    ) -> sa.Table:
        """Declares `<plugin>_<name>`: key `(portal_id, <noun>_id)` with `of`, else `(portal_id, id)`.

        `on_merge` says what happens to the row when two parents are merged: KEEP_SURVIVOR, MOVE or a
        function. `parents` maps further reference columns to the types they point at.
        """
        self._check_open()
        references = {column: entity_of(parent).table for column, parent in (parents or {}).items()}
        key = ("id",)
        own_columns: tuple[sa.schema.SchemaItem, ...] = columns
        if of is not None:
            parent = f"{noun_of(of)}_id"
            key = (parent,)
            references[parent] = entity_of(of).table
            own_columns = (sa.Column(parent, Identifier, nullable=False, autoincrement=False), *columns)
        table = tenant_table(
            f"{self.name}_{name}",
            self.metadata,
            *own_columns,
            key=key,
            parents=references,
            cascade=key if of is not None else (),
        )
        self.tables[table.name] = TableRules(table, self.name, of, on_merge)
        return table

    def store(self, type_: R, table: sa.Table) -> R:
        """Says that the objects of a type are rows of this plugin's table; for types that are no records."""
        self._check_open()
        bind(type_, table)
        self.tables.setdefault(table.name, TableRules(table, self.name))
        return type_

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

    def include(self, *types: type) -> None:
        """Adds types that fields reach only through an interface they implement."""
        self._check_open()
        self.types += types

    def narrow(self, type_: type, policy: Policy) -> None:
        """Gives one object type a policy of its own."""
        self._check_open()
        self.type_policies.append(TypePolicy(self.name, type_, policy))

    @property
    def migrations(self) -> Path | None:
        """The folder `migrations/` beside the plugin's module, where its tables' history lies."""
        folder = self.folder / "migrations" if self.folder else None
        return folder if folder and folder.is_dir() else None

    # How contributions are added

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
        options["policy"] = options.get("policy") or self.policy
        self.fields.append(
            FieldContribution(self.name, owner, name, annotation, read, description, **options)
        )

    def _check_open(self) -> None:
        if self.is_frozen:
            raise RegistryFrozen(
                f"the plugin '{self.name}' contributed after the graph was assembled, so it would be "
                "missing; contribute at import"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _title(name: str) -> str:
    return title(name)


def _name_of(owner: type | str) -> str:
    return owner if isinstance(owner, str) else owner.__name__


def _folder_of_caller() -> Path | None:
    """The folder of the module that made the plugin: its `migrations` and `locale` lie there."""
    for frame in inspect.stack()[2:]:
        module = frame.frame.f_globals.get("__name__", "")
        if not module.startswith(("tabard.plugin", "tabard.tab")):
            file = frame.frame.f_globals.get("__file__")
            return Path(file).parent if file else None
    return None


def _arguments(function: Callable[..., Any]) -> tuple[Argument, ...]:
    hints = typing.get_type_hints(function, include_extras=True)
    return tuple(
        Argument(parameter.name, hints[parameter.name], default=_default(parameter))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    )


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is inspect.Parameter.empty else parameter.default


def _value_annotation(function: Callable[..., Any], *, has_key: bool) -> Any:
    returned = typing.get_type_hints(function, include_extras=True).get("return")
    arguments = typing.get_args(returned)
    if has_key and typing.get_origin(returned) is dict and len(arguments) == 2:
        return arguments[1] | None
    if not has_key and typing.get_origin(returned) is list and len(arguments) == 1:
        return arguments[0]
    form = "dict[int, V]" if has_key else "list[V | None]"
    raise StartError(f"{function.__name__} must say what it returns, as `-> {form}`; it says {returned!r}")
