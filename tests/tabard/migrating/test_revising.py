"""A migration is drafted from what the tables declare, in a form that reads like a written one."""

import ast
import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tabard import Company, Plugin
from tabard.columns import Instant, Label, Scaled, money
from tabard.core import core
from tabard.errors import CommandRefused
from tabard.migrating import Migrations
from tabard.migrating.layout import laid_out
from tabard.migrating.revise import named, revise
from tests.support.databases import bundled, connected
from tests.support.filling import fill
from tests.tabard.migrating.samples import sample

FIRST = '''"""First tables."""

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier, Instant, Label, Scaled
from tabard.migrating import secure

revision = "sample_0001"
down_revision = None
branch_labels = ("sample",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table(
        "sample_due",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("company_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("stars", Scaled(1), nullable=False),
        sa.Column("note", Label(20)),
        sa.Column("told_at", Instant()),
        sa.ForeignKeyConstraint(
            ["portal_id", "company_id"],
            ["company.portal_id", "company.id"],
            name="sample_due_company_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "company_id", name="sample_due_pkey"),
    )
    op.create_index("sample_due_told", "sample_due", ["portal_id", "told_at"])
    secure("sample_due")


def downgrade() -> None:
    op.drop_table("sample_due")
'''

SECOND = '''"""Say what it is worth."""

import sqlalchemy as sa
from alembic import op

from tabard.columns import Identifier, Instant, Label
from tabard.migrating import secure

revision = "sample_0002"
down_revision = "sample_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_mark",
        sa.Column("portal_id", Identifier(), autoincrement=False, nullable=False),
        sa.Column("id", Identifier(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="sample_mark_pkey"),
    )
    secure("sample_mark")
    with op.batch_alter_table("sample_due") as batch_op:
        batch_op.add_column(sa.Column("worth_minor", sa.BigInteger()))
        batch_op.add_column(sa.Column("worth_currency", Label(3)))
        batch_op.alter_column("note", existing_type=sa.String(20), type_=Label(40), existing_nullable=True)
        batch_op.drop_index("sample_due_told")
        batch_op.drop_column("told_at")


def downgrade() -> None:
    with op.batch_alter_table("sample_due") as batch_op:
        batch_op.add_column(sa.Column("told_at", Instant()))
        batch_op.create_index("sample_due_told", ["portal_id", "told_at"])
        batch_op.alter_column("note", existing_type=Label(40), type_=sa.String(20), existing_nullable=True)
        batch_op.drop_column("worth_currency")
        batch_op.drop_column("worth_minor")
    op.drop_table("sample_mark")
'''


def first(folder: Path) -> Plugin:
    plugin = sample(folder)
    plugin.table(
        "due",
        sa.Column("stars", Scaled(1), nullable=False),
        sa.Column("note", Label(20)),
        sa.Column("told_at", Instant),
        sa.Index("sample_due_told", "portal_id", "told_at"),
        of=Company,
    )
    return plugin


def second(folder: Path) -> Plugin:
    plugin = sample(folder)
    columns: list[Any] = [sa.Column("stars", Scaled(1), nullable=False), sa.Column("note", Label(40))]
    plugin.table("due", *columns, *money("worth"), of=Company)
    plugin.table("mark")
    return plugin


@pytest.mark.parametrize("plugin", [core, *bundled()], ids=lambda plugin: plugin.name)
async def test_committed_migrations_make_what_is_declared(plugin: Plugin) -> None:
    with pytest.raises(CommandRefused) as refusal:
        await revise(plugin, "Nothing")

    assert str(refusal.value) == (
        f"the tables of '{plugin.name}' are as its migrations make them; nothing to write"
    )


async def test_first_migration_creates_and_secures_the_tables(tmp_path: Path) -> None:
    path = await revise(first(tmp_path), "First tables")

    assert path == tmp_path / "migrations" / "0001_first_tables.py"
    assert path.read_text() == FIRST


async def test_next_migration_changes_what_differs(tmp_path: Path) -> None:
    await revise(first(tmp_path), "First tables")

    path = await revise(second(tmp_path), "Say what it is worth")

    assert path == tmp_path / "migrations" / "0002_say_what_it_is_worth.py"
    assert path.read_text() == SECOND


async def test_drafted_migrations_go_up_and_down_on_filled_tables(database_url: str, tmp_path: Path) -> None:
    await revise(first(tmp_path), "First tables")
    await Migrations(database_url, [first(tmp_path)]).upgrade()
    async with connected(database_url) as connection:
        before = await connection.run_sync(fill)
    await revise(second(tmp_path), "Say what it is worth")
    migrations = Migrations(database_url, [second(tmp_path)])

    await migrations.upgrade()
    changed = [ast.unparse(statement) for statement in (await migrations.draft()).statements]
    await migrations.downgrade("sample_0001")
    back = [ast.unparse(s) for s in (await Migrations(database_url, [first(tmp_path)]).draft()).statements]

    assert (changed, back) == ([], [])
    async with connected(database_url) as connection:
        assert await connection.run_sync(fill) == before


async def test_last_migration_is_written_anew(tmp_path: Path) -> None:
    await revise(first(tmp_path), "First tables")

    path = await revise(second(tmp_path), "Tables", replace=True)

    assert [file.name for file in path.parent.glob("*.py")] == ["0001_tables.py"]
    assert "worth_minor" in path.read_text()


async def test_last_migration_stays_when_it_cannot_be_written_anew(tmp_path: Path) -> None:
    path = await revise(first(tmp_path), "First tables")
    without = sample(tmp_path)

    with pytest.raises(CommandRefused, match="nothing to write"):
        await revise(without, "Nothing", replace=True)
    with pytest.raises(CommandRefused, match="has no migration to replace; leave out --replace"):
        await revise(sample(tmp_path / "other"), "Nothing", replace=True)

    assert path.read_text() == FIRST


async def test_several_new_tables_get_a_function_each(tmp_path: Path) -> None:
    path = await revise(second(tmp_path), "Tables")

    functions = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert functions == ["upgrade", "downgrade", "create_sample_due", "create_sample_mark"]


def test_plugins_are_named_by_entry_point_or_module() -> None:
    assert named("core") is core
    assert named("services") is named("services_tab:tab")
    with pytest.raises(CommandRefused) as refusal:
        named("servces")

    assert str(refusal.value) == (
        "'servces' is no plugin; installed are: core, customers, revenue, services; else write module:attribute"
    )


async def test_program_says_what_it_did_not_do_and_fails() -> None:
    command = [sys.executable, "-m", "tabard.migrating.revise", "core", "Nothing"]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)

    output, errors = await process.communicate()

    assert (process.returncode, output) == (1, b"")
    assert errors == b"the tables of 'core' are as its migrations make them; nothing to write\n"


def test_long_calls_are_broken_as_a_formatter_breaks_them() -> None:
    long = "batch_op.alter_column('name', existing_type=Label(40), server_default=sa.text('%s'))" % ("x" * 40)
    [statement] = ast.parse(long).body

    assert laid_out(statement, 1) == (
        "    batch_op.alter_column(\n"
        f'        "name", existing_type=Label(40), server_default=sa.text("{"x" * 40}")\n'
        "    )"
    )
