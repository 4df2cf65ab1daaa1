"""Welcome: what a demo says while it gets ready, and when it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.identity.guests import Guest
from gateway.serving import Service
from tabard.host import PluginHost
from tabard.migrating import Migration
from tabard.portals import portal_ids

QUERY = "{ viewer { name } workspace { name tabs { key label state } } }"
CURL_PERSONA = "csm"


class Welcome:
    """Talks to the person who has started a demo, on stdout."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._portals: list[str] = []

    def migrated(self, migration: Migration) -> None:
        """Says that a migration has been applied."""
        self._console.print(f"  migrated: {migration}")

    @contextmanager
    def loading(self, portal: str) -> Iterator[Callable[[int, int], None]]:
        """Shows how many rows of a portal are written, as a bar where there is a terminal."""
        columns = TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows")
        is_silent = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=is_silent) as progress:
            task = progress.add_task(f"loading {portal}", total=None)
            rows = 0

            def on_progress(written: int, total: int) -> None:
                nonlocal rows
                rows = total
                progress.update(task, completed=written, total=total)

            yield on_progress
        self._console.print(f"  loaded: {portal}, {rows:,} rows")

    async def guests(self, service: Service) -> list[Guest]:
        """The personas of the demo, each with a token; notes which portals there are."""
        self._portals = list(await portal_ids(service.database))
        return [guest for guest in await service.guests().all() if guest.is_of_the_demo]

    def greet(self, service: Service, address: str, guests: list[Guest]) -> None:
        """Says what is served, where, and to whom."""
        place = service.installation
        self._line("")
        self._line(f"[bold]Tabard {version('tabard')}[/bold] answers at [bold]{address}/graphql[/bold]")
        self._line(f"  database  {escape(str(place.folder.database))}")
        self._line(f"  plugins   {escape(plugins(place.host))}")
        self._line(f"  portals   {', '.join(self._portals)}")
        self._line(f"  try it    {address}/graphiql in a browser")
        self._line(f"  schema    {address}/schema.graphql")
        self._line(f"  health    {address}/livez  {address}/readyz")
        self._line("\n[bold]Who you can be[/bold], and what they will see; below each, the token")
        for guest in guests:
            self._line(f"\n  [bold]{guest.persona}[/bold] ({guest.name}): {guest.sees}")
            self._line(f"  {guest.token}")
        self._line(f"\n[bold]Try it[/bold] as {CURL_PERSONA}:")
        self._line(curl(address, next(guest for guest in guests if guest.persona == CURL_PERSONA)))
        self._line(
            "\n[bold red]These tokens open every portal of this database[/bold red] to whoever has them; "
            "they work on this machine only, for seven days."
        )
        self._line("Ctrl-C stops; --fresh starts over, with dates around today.")

    def _line(self, text: str) -> None:
        """A line that the terminal may wrap, but we do not: tokens and commands must survive copying."""
        self._console.print(text, soft_wrap=True)


def plugins(host: PluginHost) -> str:
    """The plugins in a line, those that take part and those that an operator has blocked."""
    loaded = ", ".join(hosted.plugin.name for hosted in host.hosted) or "none"
    blocked = ", ".join(origin.name for origin in host.skipped)
    return f"{loaded}; blocked: {blocked}" if blocked else loaded


def curl(address: str, guest: Guest) -> str:
    """A command that asks for the guest's tabs; it works when pasted."""
    return (
        f"curl -sS -w '\\n' {address}/graphql -H 'content-type: application/json' "
        f"-H 'authorization: Bearer {guest.token}' -d '{{\"query\":\"{QUERY}\"}}'"
    )
