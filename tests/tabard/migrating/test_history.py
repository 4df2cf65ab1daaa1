"""The migrations of a plugin are one chain, which Alembic reads as a labelled branch."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from tabard.core import core
from tabard.errors import StartError
from tabard.migrating import History
from tests.support.databases import bundled
from tests.tabard.migrating.samples import creates, sample, write


def test_alembic_reads_one_labelled_branch_for_the_core_and_each_plugin_with_tables() -> None:
    history = History(bundled())
    chains = {name: chain for name, chain in history.chains.items() if chain}
    folders = [chain[0].path.parent for chain in chains.values()]
    assert core.migrations is not None

    scripts = ScriptDirectory(core.migrations, version_locations=folders)

    assert sorted(scripts.get_heads()) == sorted(chain[-1].revision for chain in chains.values())
    for name, chain in chains.items():
        assert scripts.get_revision(f"{name}@head").revision == chain[-1].revision
        assert scripts.get_revision(chain[0].revision).branch_labels == {name}
    assert {"core", "services"} <= chains.keys()


def test_migrations_of_plugins_follow_the_cores_in_the_order_of_names(tmp_path: Path) -> None:
    plugins = [sample(tmp_path / name, name) for name in ("walrus", "aardvark")]
    for plugin in plugins:
        write(plugin, 1, creates("one"))
        write(plugin, 2, creates("two"))

    revisions = [migration.revision for migration in History(plugins)]

    assert revisions == ["core_0001", "aardvark_0001", "aardvark_0002", "walrus_0001", "walrus_0002"]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("one"))
    for name in ("__init__.py", "notes.py", "0002_notes.txt"):
        (tmp_path / "migrations" / name).write_text("raise RuntimeError")

    assert [migration.revision for migration in History([plugin])] == ["core_0001", "sample_0001"]


@pytest.mark.parametrize(
    ("written", "meant", "told"),
    [
        ('"sample_0002"', '"sample_0003"', "revision = 'sample_0002'"),
        ("'sample_0001'", "None", "down_revision = 'sample_0001'"),
        ("branch_labels = None", "branch_labels = ('sample',)", "branch_labels = None"),
    ],
)
def test_migration_that_is_no_link_of_the_chain_is_named_with_what_it_must_say(
    tmp_path: Path, written: str, meant: str, told: str
) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("one"))
    path = write(plugin, 2, creates("two"))
    path.write_text(path.read_text().replace(written, meant))

    with pytest.raises(StartError) as refusal:
        History([plugin])

    assert str(refusal.value) == (
        f"the migration 0002_step.py of 'sample' must say {told}, so that they are one chain; "
        "when two people took the same number, give one of them the next"
    )


def test_migration_with_a_number_that_is_taken_is_named(tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    path = write(plugin, 1, creates("one"))
    (path.parent / "0001_twin.py").write_text(path.read_text())

    with pytest.raises(StartError, match=r"the migration 0001_twin.py of 'sample' must say down_revision = "):
        History([plugin])


def test_migration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, "this was no Python")

    with pytest.raises(
        StartError, match=r"the migration 0001_step.py of 'sample' cannot be read: SyntaxError"
    ):
        History([plugin])


def test_migration_that_needs_a_newer_tabard_is_named(tmp_path: Path) -> None:
    plugin = sample(tmp_path)
    write(plugin, 1, creates("one"), requires="core_0099")

    with pytest.raises(StartError) as refusal:
        History([plugin])

    assert str(refusal.value) == (
        "the migration 'sample_0001' needs 'core_0099', which this Tabard does not have; "
        "install a newer Tabard, or a 'sample' made for this one"
    )
