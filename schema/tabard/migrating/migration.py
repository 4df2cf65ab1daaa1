"""Migration: one step in the history of a plugin's tables, read from its file."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final

from tabard.errors import StartError
from tabard.plugin import Plugin

FILE: Final = re.compile(r"(\d{4})_\w+\.py", re.ASCII)


@dataclass(frozen=True)
class Migration:
    """A step: `revision` is `<plugin>_<number>`, `previous` the one before, `requires` are the core's."""

    plugin: str
    revision: str
    message: str
    previous: str | None
    requires: tuple[str, ...]
    path: Path = field(repr=False)
    upgrade: Callable[[], None] = field(repr=False, compare=False)
    downgrade: Callable[[], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.revision} ({self.message})"


def files_of(plugin: Plugin) -> list[Path]:
    """The files of the plugin's migrations, in order."""
    folder = plugin.migrations
    return sorted(path for path in folder.iterdir() if FILE.fullmatch(path.name)) if folder else []


def chain_of(plugin: Plugin) -> list[Migration]:
    """The migrations in the plugin's folder, in order; raises StartError when they are not one chain."""
    chain: list[Migration] = []
    for path in files_of(plugin):
        chain.append(_read(plugin.name, path, chain[-1].revision if chain else None))
    return chain


def _read(plugin: str, path: Path, previous: str | None) -> Migration:
    module = _load(plugin, path)
    links = {
        "revision": revision_name(plugin, int(path.name[:4])),
        "down_revision": previous,
        "branch_labels": None if previous else (plugin,),
    }
    for name, expected in links.items():
        if getattr(module, name, None) != expected:
            raise StartError(
                f"the migration {path.name} of '{plugin}' must say {name} = {expected!r}, so that they "
                "are one chain; when two people took the same number, give one of them the next"
            )
    requires = getattr(module, "depends_on", None) or ()
    return Migration(
        plugin,
        module.revision,
        (module.__doc__ or path.stem).partition("\n")[0].rstrip("."),
        previous,
        (requires,) if isinstance(requires, str) else tuple(requires),
        path,
        module.upgrade,
        module.downgrade,
    )


def revision_name(plugin: str, number: int) -> str:
    """The name of a plugin's nth revision."""
    return f"{plugin}_{number:04}"


def _load(plugin: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{plugin}_migrations_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StartError(f"the migration {path.name} of '{plugin}' cannot be read: {error!r}") from error
    return module
