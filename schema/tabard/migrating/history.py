"""History: the migrations of the core and of each plugin, in the order they apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tabard.core import core
from tabard.errors import SchemaNewer, StartError
from tabard.migrating.migration import Migration, chain_of
from tabard.plugin import Plugin

BASE: Final = "base"


class History:
    """All migrations that are installed; what the database holds comes in as {plugin: its last revision}.

    Raises StartError when a chain is broken.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        named = {plugin.name: plugin for plugin in plugins} | {core.name: core}
        self.plugins = [core, *(named[name] for name in sorted(named) if name != core.name)]
        self.chains = {plugin.name: chain_of(plugin) for plugin in self.plugins}
        self._by_revision = {item.revision: item for item in self}
        for migration in self:
            self._check_requirements(migration)

    def __iter__(self) -> Iterator[Migration]:
        """All migrations in the order they apply: the core's first, then plugin by plugin."""
        return (migration for chain in self.chains.values() for migration in chain)

    def pending(self, applied: Mapping[str, str]) -> list[Migration]:
        """What the database lacks, in order; raises SchemaNewer when it holds what is not installed."""
        self.check_known(applied)
        return [
            item for plugin in self.chains for item in self.chains[plugin][self._count(plugin, applied) :]
        ]

    def undoing(self, target: str, applied: Mapping[str, str]) -> list[Migration]:
        """What to undo, last first, to get back to a revision, to `<plugin>@base` or to `base`.

        Migrations that require an undone one are undone too.
        """
        self.check_known(applied)
        undone = self._after(target, applied)
        for chain in self.chains.values():
            held = [item for item in chain if item.revision in self._held(applied)]
            first = next(
                (i for i, item in enumerate(held) if undone & {item.revision, *item.requires}), len(held)
            )
            undone |= {item.revision for item in held[first:]}
        self._check_dormant(undone, applied)
        return [item for item in reversed(list(self)) if item.revision in undone]

    def check_known(self, applied: Mapping[str, str]) -> None:
        """Raises SchemaNewer when an installed plugin's revision is not among its migrations."""
        for plugin, revision in sorted(applied.items()):
            if plugin in self.chains and revision not in self._by_revision:
                raise SchemaNewer(
                    f"the database holds the migration '{revision}', which the installed version of "
                    f"'{plugin}' does not know; start the version that migrated it, or a newer one"
                )

    def _count(self, plugin: str, applied: Mapping[str, str]) -> int:
        revisions = [item.revision for item in self.chains[plugin]]
        return revisions.index(applied[plugin]) + 1 if plugin in applied else 0

    def _held(self, applied: Mapping[str, str]) -> set[str]:
        return {
            item.revision
            for plugin in self.chains
            for item in self.chains[plugin][: self._count(plugin, applied)]
        }

    def _after(self, target: str, applied: Mapping[str, str]) -> set[str]:
        held = self._held(applied)
        if target == BASE:
            return held
        plugin = target.removesuffix(f"@{BASE}")
        if target.endswith(f"@{BASE}") and plugin in self.chains:
            return held & {item.revision for item in self.chains[plugin]}
        if target not in held:
            raise StartError(
                f"the database does not hold the migration '{target}'; name one that it holds, "
                f"'<plugin>@{BASE}' or '{BASE}'"
            )
        chain = [item.revision for item in self.chains[self._by_revision[target].plugin]]
        return held & set(chain[chain.index(target) + 1 :])

    def _check_dormant(self, undone: set[str], applied: Mapping[str, str]) -> None:
        dormant = sorted(applied.keys() - self.chains.keys())
        if dormant and any(self._by_revision[revision].plugin == core.name for revision in undone):
            raise StartError(
                f"the database holds tables of {', '.join(map(repr, dormant))}, not installed here, which "
                "need the core's; install what made them and remove them first"
            )

    def _check_requirements(self, migration: Migration) -> None:
        known = {item.revision for item in self.chains[core.name]}
        if missing := sorted(set(migration.requires) - known):
            raise StartError(
                f"the migration '{migration.revision}' needs '{missing[0]}', which this Tabard does not "
                f"have; install a newer Tabard, or a '{migration.plugin}' made for this one"
            )
