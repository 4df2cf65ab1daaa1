"""Databases as they once were: the statements that made their tables, kept so that later migrations upgrade them."""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from tabard.migrating import Migrations
from tests.support.databases import bundled, connected
from tests.support.postgres import Lessor

COMMAND = "python -m tests.schema_snapshots --write"
FOLDER = Path(__file__).resolve().parent / "tabard" / "migrating" / "snapshots"
DIALECTS = ("sqlite", "postgresql")
CHANGES = ("CREATE ", "ALTER ", "DROP ", "INSERT ", "UPDATE ", "DELETE ")
LEDGER = (
    "INSERT INTO migration (plugin, revision, applied_at) VALUES ('{}', '{}', '2026-01-01 00:00:00.000000')"
)
BETWEEN = ";\n\n"


def kept() -> list[str]:
    """The snapshots there are, by the revisions that they hold."""
    return sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.sql")})


async def restore(url: str, name: str) -> None:
    """Makes the tables of a snapshot in an empty database, without rows."""
    dialect = sa.make_url(url).get_backend_name()
    text = (FOLDER / f"{name}.{dialect}.sql").read_text(encoding="utf-8")
    async with connected(url) as connection:
        for statement in text.split(BETWEEN):
            if statement.strip():
                await connection.exec_driver_sql(statement)


async def taken(url: str) -> tuple[str, str]:
    """The name and the text of a snapshot of what today's migrations make in an empty database."""
    with _noted() as statements:
        await Migrations(url, bundled()).upgrade()
    revisions = await Migrations(url, bundled()).applied()
    statements += [LEDGER.format(plugin, revisions[plugin]) for plugin in sorted(revisions)]
    return "+".join(sorted(revisions.values())), "".join(f"{item}{BETWEEN}" for item in statements)


@contextmanager
def _noted() -> Iterator[list[str]]:
    """The statements without parameters that change something, as they are run meanwhile."""
    noted: list[str] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        text = re.sub(r"[ \t]+$", "", statement.strip(), flags=re.MULTILINE)
        if text.startswith(CHANGES) and not parameters:
            noted.append(text)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def _write(url: str) -> None:
    name, text = await taken(url)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.{sa.make_url(url).get_backend_name()}.sql").write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Writes the snapshots of today's tables; returns the exit code."""
    if arguments != ["--write"]:
        sys.stderr.write(f"usage: {COMMAND}\n")
        return 2
    lease = Lessor()
    try:
        with TemporaryDirectory() as folder, lease.server().fresh_database() as postgres_url:
            for url in (f"sqlite+aiosqlite:///{folder}/tabard.sqlite3", postgres_url):
                asyncio.run(_write(url))
    finally:
        lease.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
