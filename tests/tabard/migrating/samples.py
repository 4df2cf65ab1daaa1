"""Plugins whose migrations a test writes itself."""

from pathlib import Path
from textwrap import dedent, indent

import sqlalchemy as sa

from tabard import Plugin
from tests.support.databases import connected

FILE = '''"""{message}."""

import os
import signal

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier, Label
from tabard.migrating import secure

revision = "{plugin}_{number:04}"
down_revision = {previous!r}
branch_labels = {labels!r}
depends_on = {requires!r}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down}
'''


def sample(folder: Path, name: str = "sample") -> Plugin:
    """A plugin whose module would lie in the folder."""
    plugin = Plugin(name)
    plugin.folder = folder
    (folder / "migrations").mkdir(parents=True, exist_ok=True)
    return plugin


def write(plugin: Plugin, number: int, up: str, down: str = "pass", requires: str | None = None) -> Path:
    """Writes a migration of a plugin; `up` and `down` are its statements."""
    assert plugin.folder is not None
    path = plugin.folder / "migrations" / f"{number:04}_step.py"
    first = number == 1
    text = FILE.format(
        message=f"Step {number}",
        plugin=plugin.name,
        number=number,
        previous=None if first else f"{plugin.name}_{number - 1:04}",
        labels=(plugin.name,) if first else None,
        requires=("core_0001" if first else None) if requires is None else requires,
        up=indent(dedent(up).strip(), "    "),
        down=indent(dedent(down).strip(), "    "),
    )
    path.write_text(text, encoding="utf-8")
    return path


def creates(table: str) -> str:
    """The statement that creates a table of one column."""
    return f'op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))'


async def table_names(url: str) -> set[str]:
    """The tables of a database."""
    async with connected(url) as connection:
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
