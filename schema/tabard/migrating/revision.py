"""Revision: a migration that is being written, and the text of its file."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tabard import columns
from tabard.errors import CommandRefused
from tabard.migrating.drafts import Draft, Statements
from tabard.migrating.layout import laid_out
from tabard.migrating.migration import Migration, revision_name
from tabard.plugin import Plugin


@dataclass(frozen=True)
class Revision:
    """The next migration of a plugin: what it follows, and which of the core's it requires."""

    plugin: Plugin
    message: str
    previous: Migration | None
    requires: str | None

    @property
    def number(self) -> int:
        """Its place in the chain, from 1."""
        return int(self.previous.revision.rpartition("_")[2]) + 1 if self.previous else 1

    @property
    def path(self) -> Path:
        """Where its file goes: `migrations/` beside the plugin's module."""
        if self.plugin.folder is None:
            raise CommandRefused(f"the plugin '{self.plugin.name}' is made in no file, so it has no folder")
        slug = "_".join(re.findall(r"[a-z0-9]+", self.message.lower())) or "change"
        return self.plugin.folder / "migrations" / f"{self.number:04}_{slug}.py"

    def text(self, draft: Draft) -> str:
        """The file: one function for each new table when there are several."""
        groups = {f"create_{name}": statements for name, statements in draft.created.items()}
        calls: Statements = [ast.parse(f"{name}()").body[0] for name in groups]
        if len(groups) < 2:
            calls, groups = [statement for group in groups.values() for statement in group], {}
        functions = {"upgrade": [*calls, *draft.altered], "downgrade": draft.undone} | groups
        body = "\n\n\n".join(_function(name, statements) for name, statements in functions.items())
        return f'"""{self.message.rstrip(".")}."""\n\n{_imports(body)}\n\n{self._links()}\n\n\n{body}\n'

    def _links(self) -> str:
        previous = f'"{self.previous.revision}"' if self.previous else None
        labels = None if self.previous else f'("{self.plugin.name}",)'
        requires = f'"{self.requires}"' if self.requires else None
        return (
            f'revision = "{revision_name(self.plugin.name, self.number)}"\n'
            f"down_revision = {previous}\nbranch_labels = {labels}\ndepends_on = {requires}"
        )


def _function(name: str, statements: Iterable[ast.stmt]) -> str:
    return "\n".join([f"def {name}() -> None:", *(laid_out(statement, 1) for statement in statements)])


def _imports(body: str) -> str:
    """What the statements use, in the order that linters want."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    theirs = ["import sqlalchemy as sa"] if "sa" in used else []
    theirs += ["from alembic import op"] if "op" in used else []
    types = sorted(used & set(columns.__all__))
    ours = [f"from tabard.columns import {', '.join(types)}"] if types else []
    ours += ["from tabard.migrating import secure"] if "secure" in used else []
    return "\n\n".join("\n".join(group) for group in (theirs, ours) if group)
