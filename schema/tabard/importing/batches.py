"""Batches: the statements of an import, each with all its rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tabard.importing.catalogue import Catalogue, Declared
from tabard.records import tables
from tabard.storage.row_writes import ROW_ID, amending, inserting
from tabard.storage.statements import PreparedWrite

Row = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """A statement to run once for each of the rows; `step` says for people what it writes."""

    step: str
    statement: PreparedWrite | sa.Delete
    rows: list[Row]


def inserts(step: str, table: sa.Table, rows: Iterable[Row]) -> list[Batch]:
    """Inserts of rows that all have the same columns."""
    listed = list(rows)
    return [Batch(step, inserting(table), listed)] if listed else []


def updates(step: str, table: sa.Table, rows: Iterable[Row]) -> list[Batch]:
    """Updates by id; rows that change the same columns go together. Each row has its id as `ROW_ID`."""
    grouped: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[tuple(sorted(row))].append(row)
    return [Batch(step, amending(table), found) for found in grouped.values()]


def deletes(
    step: str, table: sa.Table, key: tuple[str, str], rows: Iterable[Mapping[str, Any]]
) -> list[Batch]:
    """Deletes by a key of two columns."""
    listed = [{f"old_{name}": row[name] for name in key} for row in rows]
    statement = sa.delete(table).where(*(table.c[name] == sa.bindparam(f"old_{name}") for name in key))
    return [Batch(step, statement, listed)] if listed else []


def catalogue_batches(catalogue: Catalogue) -> list[Batch]:
    """What the mapping declares and the portal has not, or has otherwise."""
    kinds: list[tuple[str, sa.Table, Iterable[Declared]]] = [
        ("properties", tables.property_definition, catalogue.properties.values()),
        ("pipelines", tables.pipeline, catalogue.pipelines.values()),
        ("stages", tables.stage, catalogue.stages.values()),
        ("association labels", tables.association_label, catalogue.labels.values()),
    ]
    return [batch for step, table, rows in kinds for batch in _declared(step, table, list(rows))]


def _declared(step: str, table: sa.Table, rows: list[Declared]) -> list[Batch]:
    is_versioned = "version" in table.c
    new = [
        {"id": row.id, **row.wanted, **({"version": row.version} if is_versioned else {})}
        for row in rows
        if row.stored is None
    ]
    changed = [
        {ROW_ID: row.id, **row.wanted, **({"version": row.version + 1} if is_versioned else {})}
        for row in rows
        if row.stored is not None and row.stored != row.wanted
    ]
    return [*inserts(step, table, new), *updates(step, table, changed)]
