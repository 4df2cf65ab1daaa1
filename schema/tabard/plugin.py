"""Plugin: a named object that collects contributions; what a plugin author meets first."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tabard.errors import StartError
from tabard.forms.fields import FieldForms
from tabard.forms.roots import RootForms
from tabard.forms.rows import RowForms
from tabard.hooks import hookimpl
from tabard.naming import SNAKE
from tabard.naming import title as title_of
from tabard.policies import Policy

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from tabard.demo import Seeder

D = TypeVar("D", bound="Callable[[Seeder], None]")


class Plugin(FieldForms, RootForms, RowForms):
    """A named bag of contributions; itself a pluggy plugin, so an entry point can name it.

    `name` is snake_case and prefixes the plugin's tables; `noun` begins the names of its types;
    `policy` covers all that it contributes and may be narrowed piece by piece. Contributing after
    assembly raises RegistryFrozen.
    """

    def __init__(
        self, name: str, *, noun: str | None = None, title: str | None = None, policy: Policy | None = None
    ) -> None:
        if not SNAKE.match(name):
            raise StartError(f"the plugin name {name!r} is not snake_case; write for example 'renewals'")
        super().__init__(name, policy)
        self.noun = noun
        self.title = title or title_of(name)
        self.folder = _folder_of_caller()
        self._demos: list[Callable[[Seeder], None]] = []

    @hookimpl
    def contribute(self) -> Plugin:
        """The plugin itself is what it contributes."""
        return self

    @hookimpl
    def seed(self, seeder: Seeder) -> None:
        """Adds what `@plugin.demo` functions add to a demo portal."""
        for function in self._demos:
            function(seeder)

    def demo(self, function: D) -> D:
        """Registers `def f(seeder)`, which adds the plugin's rows to a demo portal."""
        taken = list(inspect.signature(function).parameters)
        if len(taken) != 1 or inspect.iscoroutinefunction(function):
            raise StartError(
                f"{function.__name__} cannot add rows to a demo; write `def {function.__name__}(seeder: Seeder)`, "
                "without async"
            )
        self._demos.append(function)
        return function

    def hook(self, function: F) -> F:
        """Makes a function the plugin's implementation of the hook of its name, such as `seed`."""
        setattr(self, function.__name__, hookimpl(function))
        return function

    @property
    def migrations(self) -> Path | None:
        """The folder `migrations/` beside the plugin's module, where its tables' history lies."""
        folder = self.folder / "migrations" if self.folder else None
        return folder if folder and folder.is_dir() else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _folder_of_caller() -> Path | None:
    """The folder of the module that made the plugin, where its `migrations` lie."""
    frame = inspect.currentframe()
    while frame is not None:
        if not str(frame.f_globals.get("__name__")).startswith(("tabard.plugin", "tabard.tab")):
            file = frame.f_globals.get("__file__")
            return Path(file).parent if file else None
        frame = frame.f_back
    return None
