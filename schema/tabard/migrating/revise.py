"""Revise: writes the next migration of the core or of a plugin, from what its tables declare.

    python -m tabard.migrating.revise NAME "what changes"

NAME is `core`, a plugin's name, or `module:attribute` of one that has no entry point yet. `--replace`
writes the last migration anew, as long as it is not released. Read what was written before you commit it.
"""

import argparse
import asyncio
import sys
import tempfile
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tabard.core import core
from tabard.errors import CommandRefused, TabardError
from tabard.host import GROUP, Origin, import_failure
from tabard.migrating.migration import files_of
from tabard.migrating.migrations import Migrations
from tabard.migrating.revision import Revision
from tabard.plugin import Plugin


async def revise(plugin: Plugin, message: str, *, replace: bool = False) -> Path:
    """Writes the plugin's next migration, or its last one anew; raises CommandRefused for no change."""
    last = _last_file(plugin) if replace else None
    replaced = last.read_bytes() if last else b""
    if last is not None:
        last.unlink()
    try:
        return await _written(plugin, message)
    except BaseException:
        if last is not None:
            last.write_bytes(replaced)
        raise


async def _written(plugin: Plugin, message: str) -> Path:
    with tempfile.TemporaryDirectory(prefix="tabard-revise-") as folder:
        migrations = Migrations(f"sqlite:///{folder}/revise.db", [plugin])
        await migrations.apply_written()
        draft = await migrations.draft(plugin)
    if not draft.statements:
        raise CommandRefused(
            f"the tables of '{plugin.name}' are as its migrations make them; nothing to write"
        )
    chains = migrations.history.chains
    previous = chains[plugin.name][-1] if chains[plugin.name] else None
    requires = None if previous or plugin is core else chains[core.name][-1].revision
    revision = Revision(plugin, message, previous, requires)
    revision.path.parent.mkdir(exist_ok=True)
    revision.path.write_text(revision.text(draft), encoding="utf-8")
    return revision.path


def _last_file(plugin: Plugin) -> Path:
    files = files_of(plugin)
    if not files:
        raise CommandRefused(f"the plugin '{plugin.name}' has no migration to replace; leave out --replace")
    return files[-1]


def named(name: str) -> Plugin:
    """The core, an installed plugin by its name, or `module:attribute`; raises CommandRefused."""
    if name == core.name:
        return core
    installed = entry_points(group=GROUP)
    found = [point for point in installed if point.name == name]
    if ":" in name:
        found = [EntryPoint(name, name, "")]
    plugin = _loaded(found[0]) if found else None
    if not isinstance(plugin, Plugin):
        known = ", ".join([core.name, *sorted(point.name for point in installed)])
        raise CommandRefused(f"'{name}' is no plugin; installed are: {known}; else write module:attribute")
    return plugin


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except (Exception, SystemExit) as error:
        raise CommandRefused(import_failure(Origin.of(point), error)) from error


def main() -> int:
    """The program; returns its exit code."""
    parser = argparse.ArgumentParser(prog="tabard.migrating.revise", description="Writes the next migration.")
    parser.add_argument("plugin", help="core, a plugin's name, or module:attribute")
    parser.add_argument("message", help='what changes, for example "First tables"')
    parser.add_argument("--replace", action="store_true", help="write the last migration anew")
    given = parser.parse_args()
    try:
        path = asyncio.run(revise(named(given.plugin), given.message, replace=given.replace))
    except TabardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"wrote {path}; read it before you commit it\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
