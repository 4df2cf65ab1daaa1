"""Host: finds the installed plugins, reports all that is wrong with them at once, and calls their hooks."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from tabard.errors import AssemblyRefused, RegistryFrozen
from tabard.hooks import PROJECT, Hooks
from tabard.plugin import Plugin

if TYPE_CHECKING:
    from tabard.demo import Seeder

GROUP = "tabard.plugins"


@dataclass(frozen=True)
class Origin:
    """Where a plugin comes from: the distribution that brings it, and what its entry point names."""

    name: str
    value: str
    distribution: str
    version: str

    @classmethod
    def of(cls, entry_point: EntryPoint) -> Origin:
        """The origin of an entry point; one that no distribution brings has no version."""
        distribution = entry_point.dist
        name, version = (distribution.name, distribution.version) if distribution else ("no distribution", "")
        return cls(entry_point.name, entry_point.value, name, version)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True)
class HostedPlugin:
    """A plugin that takes part, and the object that pluggy calls its hooks on."""

    plugin: Plugin
    origin: Origin
    hooks: object


class PluginHost:
    """The plugins of one process. Discover them once; then the set is closed.

    `blocked` names are not even imported. An entry point names a Plugin, or a module that implements
    hooks, of which `contribute` gives the Plugin; its name and the plugin's are the same, because by
    this name an operator blocks it.
    """

    def __init__(self, blocked: Iterable[str] = ()) -> None:
        self.blocked = frozenset(blocked)
        self.hosted: list[HostedPlugin] = []
        self.skipped: list[Origin] = []
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._is_closed = False

    @property
    def plugins(self) -> list[Plugin]:
        """The plugins in the order of their names."""
        return [hosted.plugin for hosted in self.hosted]

    def discover(self, found: Sequence[EntryPoint] | None = None) -> None:
        """Takes in every installed plugin; raises AssemblyRefused with all that cannot be taken in."""
        loaded: list[tuple[object, Origin]] = []
        failures: list[str] = []
        for entry_point in entry_points(group=GROUP) if found is None else found:
            origin = Origin.of(entry_point)
            if origin.name in self.blocked:
                self.skipped.append(origin)
                continue
            try:
                loaded.append((entry_point.load(), origin))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an import does, all are reported
                failures.append(import_failure(origin, error))
        self.register(loaded, failures)

    def register(self, found: Iterable[tuple[object, Origin]], failures: Iterable[str] = ()) -> None:
        """Takes in these objects and closes the set; raises AssemblyRefused, also for earlier `failures`."""
        self._check_open()
        refused = list(failures)
        by_name: dict[str, list[tuple[object, Origin]]] = {}
        for hooks, origin in found:
            by_name.setdefault(origin.name, []).append((hooks, origin))
        for name, same in by_name.items():
            refused += self._register(*same[0]) if len(same) == 1 else [_duplicate(name, same)]
        if refused:
            raise AssemblyRefused(refused)
        self.hosted.sort(key=lambda hosted: hosted.plugin.name)
        self._is_closed = True

    def seed(self, hosted: HostedPlugin, seeder: Seeder) -> None:
        """Calls the plugin's hook `seed`, if it has one."""
        self._hook("seed", hosted.hooks)(seeder=seeder)

    def _register(self, hooks: object, origin: Origin) -> Iterator[str]:
        """Registers one object; gives what is wrong with it."""
        try:
            self._manager.register(hooks, name=origin.name)
        except (ValueError, pluggy.PluginValidationError) as error:
            yield f"{_label(origin)} does not fit the hooks: {_first_line(error)}"
            return
        yield from self._unknown_hooks(hooks, origin)
        contributed = self._contributed(hooks)
        if not isinstance(contributed, Plugin):
            yield (
                f"{_label(origin)} gives {contributed}; it must name a Plugin, "
                f"or a module whose hook `contribute` returns one"
            )
        elif contributed.name != origin.name:
            yield (
                f"{_label(origin)} gives the plugin '{contributed.name}'; call both alike, "
                f"so that an operator can block it by the name that errors show"
            )
        else:
            self.hosted.append(HostedPlugin(contributed, origin, hooks))

    def _unknown_hooks(self, hooks: object, origin: Origin) -> Iterator[str]:
        callers = self._manager.get_hookcallers(hooks) or []
        for name in sorted(caller.name for caller in callers if not caller.has_spec()):
            known = " and ".join(sorted(key for key in vars(Hooks) if not key.startswith("_")))
            yield f"{_label(origin)} implements the hook '{name}', which nobody calls; there are {known}"

    def _contributed(self, hooks: object) -> Plugin | str:
        """The plugin that the object gives, or words for what it gives instead."""
        if "contribute" not in {caller.name for caller in self._manager.get_hookcallers(hooks) or []}:
            return f"an object of type {type(hooks).__name__} without the hook `contribute`"
        try:
            given = next(iter(self._hook("contribute", hooks)()), None)
        except Exception as error:  # noqa: BLE001 - whatever the hook does, all failures are reported
            return f"{type(error).__name__} instead of a plugin: {_first_line(error)}"
        return given if isinstance(given, Plugin) else f"an object of type {type(given).__name__}"

    def _hook(self, name: str, hooks: object) -> Any:
        """The hook as one plugin implements it."""
        implementers = [found.plugin for found in getattr(self._manager.hook, name).get_hookimpls()]
        others = [plugin for plugin in implementers if plugin is not hooks]
        return self._manager.subset_hook_caller(name, others)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RegistryFrozen(
                "plugins were registered after the host had taken in all of them, so they would be missing; "
                "name them by an entry point"
            )


def _duplicate(name: str, same: list[tuple[object, Origin]]) -> str:
    sides = " and ".join(sorted(f"{origin} ({origin.value})" for _, origin in same))
    return f"the plugin '{name}' comes from {sides}; uninstall all but one of them"


def import_failure(origin: Origin, error: BaseException) -> str:
    """What went wrong when an entry point was loaded, and where in the plugin."""
    cause = f"{type(error).__name__}: {_first_line(error)}".rstrip(": ")
    at = _place(origin, error)
    return (
        f"{_label(origin)} cannot be imported ({cause}{at}); mend or uninstall it, or block '{origin.name}'"
    )


def _place(origin: Origin, error: BaseException) -> str:
    """The last line of the plugin's own that ran, or nothing where none did."""
    package = re.split(r"[.:]", origin.value)[0]
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).split(".")[0] == package
    ]
    return " at {}, line {}".format(*frames[-1]) if frames else ""


def _label(origin: Origin) -> str:
    return f"the entry point '{origin.name} = {origin.value}' of {origin}"


def _first_line(error: BaseException) -> str:
    return " ".join(str(error).split())
