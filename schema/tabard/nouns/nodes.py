"""Nodes: any object of the graph by its global id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import strawberry

from tabard.contributions import Argument, FieldContribution
from tabard.core import core
from tabard.entities import is_entity
from tabard.errors import BadUserInput
from tabard.naming import noun_of
from tabard.nouns.node import Node
from tabard.nouns.workspace import Workspace, WorkspaceRead
from tabard.policies import SignedIn
from tabard.reads.level import DeclaredRead, Level
from tabard.reads.related import OneRead
from tabard.storage.ids import decode_global_id

if TYPE_CHECKING:
    from tabard.registry import Registry

MAX_NODES = 100


@dataclass(frozen=True)
class NodesRead:
    """Objects by global id; null for an id that is malformed, gone, or not the viewer's to see."""

    registry: Registry
    is_many: bool
    key: str | None = None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        given: list[str] = level.args["ids"] if self.is_many else [level.args["id"]]
        if len(given) > MAX_NODES:
            raise BadUserInput(f"`ids` has {len(given)} entries; ask for at most {MAX_NODES} at once.")
        wanted: dict[str, list[int]] = defaultdict(list)
        decoded = [decode_global_id(value) for value in given]
        for pair in decoded:
            if pair is not None:
                wanted[pair[0]].append(pair[1])
        found = {noun: await self._of_type(level, noun, ids) for noun, ids in wanted.items()}
        nodes = [found[pair[0]].get(pair[1]) if pair is not None else None for pair in decoded]
        return [nodes if self.is_many else nodes[0]] * len(keys)

    async def _of_type(self, level: Level, noun: str, ids: list[int]) -> dict[int, Any]:
        type_ = level.context.graph.stored.get(noun)
        if type_ is None:
            return {}
        level.context.require(self.registry.policies[type_])
        read: DeclaredRead = WorkspaceRead() if type_ is Workspace else OneRead(type_, "id")
        return dict(zip(ids, await read.load(level, ids), strict=True))

    def child(self) -> type | None:
        return None


@dataclass(frozen=True)
class RecordRead:
    """Records of any type by global id, for what a mutation returns."""

    key: str | None

    async def load(self, level: Level, keys: list[Any]) -> list[Any]:
        read = NodesRead(level.context.graph.registry, is_many=True)
        nodes: list[Any] = (await read.load(level._replace(args={"ids": keys}), [None]))[0]
        return nodes

    def child(self) -> type | None:
        return None


def decode_id(type_: type, global_id: str) -> int | None:
    """The row's id when the global id is one of this type; None for anything else."""
    decoded = decode_global_id(global_id)
    return decoded[1] if decoded is not None and decoded[0] == noun_of(type_) else None


def decode_ids(type_: type, global_ids: Iterable[str]) -> list[int]:
    """The rows' ids of those global ids that are of this type."""
    decoded = (decode_id(type_, global_id) for global_id in global_ids)
    return [id for id in decoded if id is not None]


def node_types(registry: Registry) -> dict[str, type]:
    """The types that have global ids, by noun."""
    return {
        noun_of(type_): type_
        for type_ in registry.types
        if issubclass(type_, Node) and (is_entity(type_) or type_ is Workspace)
    }


def node_fields(registry: Registry) -> list[FieldContribution]:
    """`Query.node` and `Query.nodes`."""
    return [
        FieldContribution(
            core.name,
            "Query",
            "node",
            Node | None,
            NodesRead(registry, is_many=False),
            "An object by its global id; null when it is gone or not visible.",
            arguments=(Argument("id", strawberry.ID, description="A global id."),),
            policy=SignedIn,
        ),
        FieldContribution(
            core.name,
            "Query",
            "nodes",
            list[Node | None] | None,
            NodesRead(registry, is_many=True),
            "Objects by their global ids, in the order asked for; null for each that is gone or not visible.",
            arguments=(Argument("ids", list[strawberry.ID], description="Global ids, at most 100."),),
            policy=SignedIn,
        ),
    ]
