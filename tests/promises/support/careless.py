"""Careless: a plugin as a third party might install it, which makes every mistake; to be found by a served process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tabard import Company, Plugin, Public, Reader, table_of

HANG_SECONDS: Final = 3_600.0
LATER_SECONDS: Final = 0.2
HUGE: Final = 4_000

plugin = Plugin("careless", noun="Careless", policy=Public)
orphans: set[asyncio.Task[object]] = set()


@plugin.query(description="Raises.")
async def careless_raise(reader: Reader) -> int | None:
    raise ZeroDivisionError("careless")


@plugin.query(description="Exits, on a thread.")
def careless_exit(reader: Reader) -> int | None:
    raise SystemExit(3)


@plugin.query(description="Interrupts, in the loop.")
async def careless_interrupt(reader: Reader) -> int | None:
    raise KeyboardInterrupt


@plugin.query(description="Hangs.")
async def careless_hang(reader: Reader) -> int | None:
    await asyncio.sleep(HANG_SECONDS)
    return None


@plugin.query(description="Answers with more than an answer may hold.")
async def careless_huge(reader: Reader) -> list[str] | None:
    return ["x" * HUGE] * HUGE


@plugin.query(description="Leaves a task behind that reads when nobody waits for it.")
async def careless_orphan(reader: Reader) -> int | None:
    task: asyncio.Task[object] = asyncio.create_task(_read_later(reader))
    orphans.add(task)
    task.add_done_callback(orphans.discard)
    return len(orphans)


async def _read_later(reader: Reader) -> None:
    await asyncio.sleep(LATER_SECONDS)
    await reader.fetch(sa.select(table_of(Company).c.id).limit(1))


@plugin.field(Company, key="id", description="Fails for every company.")
async def careless_value(reader: Reader, ids: list[int]) -> dict[int, str]:
    raise SystemExit(4)


def install(folder: Path) -> str:
    """What a server's PYTHONPATH has to be, so that it finds this plugin installed."""
    info = folder / "careless-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: careless\nVersion: 1.0\n", encoding="utf-8")
    entry = f"[tabard.plugins]\ncareless = {__name__}:plugin\n"
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")
    root = Path(__file__).parents[3]
    return f"{folder}:{root}"
