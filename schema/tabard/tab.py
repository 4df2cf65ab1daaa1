"""Tab: a plugin that appears as one nullable field on Workspace, with settings and a switch."""

from __future__ import annotations

from tabard.plugin import Plugin
from tabard.policies import Policy
from tabard.settings import Settings


class Tab(Plugin):
    """A tab of every workspace.

    `root` is the tab's type: a `@strawberry.type` with `subject: strawberry.Private[Subject]` and, when
    there are settings, `settings: <Settings>`. Hidden means null; `shown_by_default=False` lets an admin
    decide when it appears, `hideable=False` keeps it always shown. `aliases` are former names of the tab.
    """

    def __init__(
        self,
        name: str,
        *,
        noun: str,
        title: str | None = None,
        root: type,
        settings: type[Settings] | None = None,
        policy: Policy,
        position: int = 100,
        hideable: bool = True,
        shown_by_default: bool = False,
        aliases: tuple[str, ...] = (),
        description: str | None = None,
    ) -> None:
        super().__init__(name, noun=noun, title=title, policy=policy)
        self.root = root
        self.settings = settings
        self.position = position
        self.is_hideable = hideable
        self.is_shown_by_default = shown_by_default or not hideable
        self.aliases = aliases
        self.description = description or f"The {self.title} tab; null when hidden or not permitted."
