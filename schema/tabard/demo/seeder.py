"""Seeder: with which the core and the plugins make the rows of a demo portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from tabard.entities import entity_of
from tabard.money import minor_units
from tabard.naming import noun_of
from tabard.portals import MadePortal
from tabard.records import tables
from tabard.records.pipelines import MadePipeline, NewPipeline, NewStage, add_pipeline
from tabard.storage.batch import Batch


@dataclass(frozen=True)
class Seeded:
    """A row that is part of the demo; `owner_id` and `company_id` where it has them."""

    id: int
    name: str
    owner_id: int | None = None
    company_id: int | None = None


@dataclass(frozen=True)
class SeededUser:
    """A user of the demo, with the persona they stand for and the name of their primary team."""

    id: int
    name: str
    persona: str | None
    team: str | None


@dataclass
class Contents:
    """What has been made so far, for all who add to it."""

    users: list[SeededUser] = field(default_factory=list)
    records: dict[str, list[Seeded]] = field(default_factory=dict)
    pipelines: dict[str, list[MadePipeline]] = field(default_factory=dict)
    workspaces: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Seeder:
    """Collects rows; they are written together once everybody has added theirs.

    Every day gives the same rows, and only their dates move: take chance from `rng`, which is the
    plugin's own, dates from `today` and instants from `now`, the midnight in the portal's zone with
    which today begins.
    """

    portal: MadePortal
    today: date
    now: datetime
    rng: Random
    batch: Batch
    contents: Contents

    def of(self, type_: type) -> list[Seeded]:
        """The records of a type that have been made, such as `seeder.of(Company)`."""
        return self.contents.records.get(noun_of(type_), [])

    @property
    def users(self) -> list[SeededUser]:
        """The users of the portal: personas first, then the others."""
        return self.contents.users

    def user(self, persona: str) -> SeededUser | None:
        """The user who is this persona, such as `csm`; None in a portal without one."""
        return next((user for user in self.users if user.persona == persona), None)

    def ago(self, days: float) -> datetime:
        """The instant so many days before `now`."""
        return self.now - timedelta(days=days)

    def add(self, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Adds rows of any table and returns their ids; a column left out is null."""
        return self.batch.add(table, rows)

    def records(self, type_: type, rows: Sequence[Mapping[str, Any]]) -> list[Seeded]:
        """Adds records of a type and returns them.

        A record begins a while ago and changes since, unless a row says when; Money is given as
        `amount=(Decimal, currency)` for the columns of `amount`.
        """
        table = entity_of(type_).table
        filled = [self._record(table, row) for row in rows]
        ids = self.add(table, filled)
        made = [
            Seeded(id_, row.get("name", ""), row.get("owner_id"), row.get("company_id"))
            for id_, row in zip(ids, filled, strict=True)
        ]
        self.contents.records.setdefault(noun_of(type_), []).extend(made)
        return made

    def pipeline(self, type_: type, key: str, label: str, stages: Sequence[NewStage]) -> MadePipeline:
        """Adds a pipeline for records of a type."""
        made = self.contents.pipelines.setdefault(noun_of(type_), [])
        new = NewPipeline(noun_of(type_), key, label, tuple(stages))
        made.append(add_pipeline(self.batch, new, display_order=len(made)))
        return made[-1]

    def pipelines(self, type_: type) -> list[MadePipeline]:
        """The pipelines for records of a type, in their order."""
        return self.contents.pipelines.get(noun_of(type_), [])

    def associate(self, from_type: type, to_type: type, pairs: Iterable[tuple[int, int]]) -> None:
        """Associates records; both directions are stored."""
        rows = []
        for from_id, to_id in pairs:
            there = _ends(noun_of(from_type), from_id, noun_of(to_type), to_id)
            back = _ends(noun_of(to_type), to_id, noun_of(from_type), from_id)
            rows.append({**there, "is_inverse": False, "created_at": self.now})
            rows.append({**back, "is_inverse": True, "created_at": self.now})
        self.add(tables.association, rows)

    def hide(self, tab: str, workspace: str) -> None:
        """Hides a tab in the workspace of this name, where the portal has it."""
        if (workspace_id := self.contents.workspaces.get(workspace)) is not None:
            row = {"tab": tab, "is_visible": False, "setting_values": {}, "version": 1}
            self.add(tables.tab_setting, [{"workspace_id": workspace_id, **row}])

    def _record(self, table: sa.Table, given: Mapping[str, Any]) -> dict[str, Any]:
        age = self.rng.uniform(5, 700)
        row = {
            "created_at": self.ago(age),
            "updated_at": self.ago(age * self.rng.random()),
            "version": 1,
            **given,
        }
        for name in [name for name in row if f"{name}_minor" in table.c]:
            amount = row.pop(name)
            if amount is not None:
                row[f"{name}_minor"] = minor_units(Decimal(amount[0]), amount[1])
                row[f"{name}_currency"] = amount[1]
        return row


def _ends(from_type: str, from_id: int, to_type: str, to_id: int) -> dict[str, Any]:
    return {"from_type": from_type, "from_id": from_id, "to_type": to_type, "to_id": to_id}
