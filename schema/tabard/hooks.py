"""Hooks: what pluggy calls on a plugin. A `Plugin` implements `contribute` by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from tabard.demo import Seeder
    from tabard.plugin import Plugin

PROJECT = "tabard"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """The hooks a plugin may implement; every result is used in the order of the plugins' names."""

    @hookspec
    def contribute(self) -> Plugin:
        """Called once, at assembly: gives the plugin whose contributions the graph gets.

        A `Plugin` object gives itself; only a module registered as a plugin writes this hook.
        """
        raise NotImplementedError

    @hookspec
    def seed(self, seeder: Seeder) -> None:
        """Called when a demo portal is made: adds the plugin's rows.

        Every day gives the same ones but for their dates.

        Runs after the core has made its people, companies, contacts, deals and tickets.
        """
