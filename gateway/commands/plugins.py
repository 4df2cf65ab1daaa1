"""plugins: what is loaded, from where, and what it contributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from gateway.commands.options import installation

if TYPE_CHECKING:
    from gateway.installation import Installation
    from tabard.host import HostedPlugin
    from tabard.registry import Registry


def plugins() -> None:
    """List the plugins: where each comes from, what it contributes, and what is left out."""
    for line in described(installation()):
        typer.echo(line)


def described(place: Installation) -> Iterator[str]:
    """The plugins in words; assembles the graph."""
    registry = place.schema.registry
    for hosted in place.host.hosted:
        yield f"{hosted.plugin.name}: {hosted.origin}, {hosted.origin.value}"
        yield f"  contributes {', '.join(contributions(hosted, registry)) or 'nothing'}"
        for skipped in registry.skipped:
            if skipped.plugin == hosted.plugin.name:
                yield f"  skipped {skipped.owner}.{skipped.name}: no plugin brings the type {skipped.owner}"
    for origin in place.host.skipped:
        yield f"{origin.name}: {origin}, {origin.value}\n  blocked, so it is not imported"
    for name in sorted(place.host.blocked - {origin.name for origin in place.host.skipped}):
        yield f"{name}\n  blocked, but not installed either"


def contributions(hosted: HostedPlugin, registry: Registry) -> Iterator[str]:
    """What a plugin adds, as counted things."""
    plugin = hosted.plugin
    if plugin.name in registry.tabs:
        yield "a tab with settings" if registry.tabs[plugin.name].section else "a tab"
    yield from (f"the record type {record.type.__name__}" for record in plugin.records)
    yield from counted(len(plugin.fields), "field")
    yield from counted(len(plugin.mutations), "mutation")
    yield from counted(len(plugin.subscriptions), "subscription")
    yield from counted(len(plugin.tables), "table")


def counted(count: int, noun: str) -> Iterator[str]:
    """`3 fields`, `1 field`, or nothing for none."""
    if count:
        yield f"{count} {noun}{'s' if count > 1 else ''}"
