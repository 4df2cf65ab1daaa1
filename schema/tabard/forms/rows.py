"""Row forms: record types, tables, and which types are rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa

from tabard.columns import Identifier
from tabard.contributions import RecordContribution, TypePolicy
from tabard.entities import bind, entity_of
from tabard.errors import StartError
from tabard.forms.contributor import Contributor
from tabard.naming import noun_of
from tabard.policies import Own, Policy
from tabard.properties import COMMON, Property, declare
from tabard.records.tables import record_table
from tabard.storage.merging import KEEP_SURVIVOR, MergeRule, TableRules
from tabard.storage.tables import tenant_table
from tabard.typegraph import is_strawberry_type

R = TypeVar("R", bound=type)


class RowForms(Contributor):
    """Adds record types and tables."""

    def record(
        self,
        type_: type,
        *,
        table: sa.Table,
        properties: Sequence[str | Property] = (),
        pipelines: bool = False,
        closed_on: str | None = None,
        policy: Policy | None = None,
    ) -> None:
        """Registers a record type: it gets properties, pipelines, associations and its own connection.

        `properties` name attributes of the type; owner and dates come by themselves. `closed_on` is the key
        of the DATE property that is set when a record enters a closed stage.
        """
        self._check_open()
        if not is_strawberry_type(type_):
            raise StartError(
                f"{type_.__name__} of plugin '{self.name}' is no GraphQL type; "
                "decorate the class with @strawberry.type"
            )
        bind(type_, table)
        declared = tuple(declare(type_, given) for given in properties)
        self.tables[table.name] = TableRules(table, self.name)
        self.records.append(
            RecordContribution(
                self.name, type_, table, (*declared, *COMMON), pipelines, self._policy(policy), closed_on
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
        self._check_table(name, columns)
        references = {column: entity_of(parent).table for column, parent in (parents or {}).items()}
        return record_table(name, self.metadata, *columns, pipelines=pipelines, parents=references)

    def table(
        self,
        name: str,
        *columns: sa.schema.SchemaItem,
        of: type | None = None,
        on_merge: MergeRule = KEEP_SURVIVOR,
        parents: dict[str, type] | None = None,
        own: Own | None = None,
    ) -> sa.Table:
        """Declares `<plugin>_<name>`: key `(portal_id, <noun>_id)` with `of`, else `(portal_id, id)`.

        `on_merge` says what happens to the row when two parents are merged: KEEP_SURVIVOR, MOVE or a
        function. `parents` maps further reference columns to the types they point at. With `own` each user
        reaches only the rows that its rule gives them.
        """
        self._check_table(f"{self.name}_{name}", columns)
        references = {column: entity_of(parent).table for column, parent in (parents or {}).items()}
        key = ("id",)
        own_columns: tuple[sa.schema.SchemaItem, ...] = columns
        if of is not None:
            owner, parent = entity_of(of).table, f"{noun_of(of)}_id"
            key, references[parent] = (parent,), owner
            own_columns = (sa.Column(parent, Identifier, nullable=False, autoincrement=False), *columns)
        table = tenant_table(
            f"{self.name}_{name}",
            self.metadata,
            *own_columns,
            key=key,
            parents=references,
            cascade=key if of is not None else (),
            own=own.rule if own is not None else None,
        )
        self.tables[table.name] = TableRules(table, self.name, of, on_merge)
        return table

    def _check_table(self, name: str, columns: Sequence[sa.schema.SchemaItem]) -> None:
        self._check_open()
        for column in columns:
            if isinstance(column, sa.Column) and column.foreign_keys:
                raise StartError(
                    f"the column {column.name} of the table {name} has a foreign key that leaves out the portal; "
                    f"write `sa.Column('{column.name}', Identifier)` and parents={{'{column.name}': Company}}"
                )
        if name in self.metadata.tables:
            raise StartError(
                f"the table {name} of plugin '{self.name}' is declared twice; rename one of them"
            )

    def store(self, type_: R, table: sa.Table) -> R:
        """Says that the objects of a type are rows of this plugin's table; for types that are no records."""
        self._check_open()
        bind(type_, table)
        self.tables.setdefault(table.name, TableRules(table, self.name))
        return type_

    def include(self, *types: type) -> None:
        """Adds types that fields reach only through an interface they implement."""
        self._check_open()
        self.types += types

    def narrow(self, type_: type, policy: Policy) -> None:
        """Gives one object type a policy of its own."""
        self._check_open()
        self.type_policies.append(TypePolicy(self.name, type_, self._checked(policy)))
