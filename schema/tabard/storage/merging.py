"""Merging: what happens to a plugin's rows when two of their parents become one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa


class MergePolicy(Enum):
    """KEEP_SURVIVOR drops the other record's row; MOVE keeps it where the survivor has none."""

    KEEP_SURVIVOR = "KEEP_SURVIVOR"
    MOVE = "MOVE"


KEEP_SURVIVOR = MergePolicy.KEEP_SURVIVOR
MOVE = MergePolicy.MOVE
MergeRule = MergePolicy | Callable[..., Any]


@dataclass(frozen=True)
class TableRules:
    """A table of a plugin, whose rows it has, and what a merge does to them."""

    table: sa.Table
    plugin: str
    of: type | None = None
    on_merge: MergeRule = KEEP_SURVIVOR
