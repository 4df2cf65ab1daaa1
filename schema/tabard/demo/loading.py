"""Loading: makes the demo's portals, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from random import Random
from zoneinfo import ZoneInfo

from tabard.demo.custom_objects import add_subscriptions
from tabard.demo.customers import add_companies, add_contacts
from tabard.demo.people import add_people, first_admin
from tabard.demo.properties import add_properties
from tabard.demo.sales import add_deals, add_tickets
from tabard.demo.seeder import Contents, Seeder
from tabard.demo.words import Words
from tabard.errors import StartError
from tabard.host import PluginHost
from tabard.personas import DEMO_PORTAL, OTHER_PORTAL
from tabard.portals import MadePortal, NewPortal, add_portal, portal_ids, write_portal
from tabard.storage.batch import Batch
from tabard.storage.database import Database


@dataclass(frozen=True)
class Plan:
    """How much a portal of the demo holds."""

    portal: NewPortal
    colleagues: int
    companies: int
    contacts: int
    deals: int
    tickets: int


PLANS = (
    Plan(
        NewPortal(
            DEMO_PORTAL,
            "ENTERPRISE",
            "Tabard Demo",
            time_zone="Europe/Rome",
            admin=first_admin(DEMO_PORTAL).name,
        ),
        colleagues=12,
        companies=60,
        contacts=180,
        deals=150,
        tickets=80,
    ),
    Plan(
        NewPortal(
            OTHER_PORTAL,
            "PROFESSIONAL",
            "Other Demo",
            time_zone="America/New_York",
            currency="USD",
            admin=first_admin(OTHER_PORTAL).name,
            persona=first_admin(OTHER_PORTAL).key,
        ),
        colleagues=3,
        companies=8,
        contacts=16,
        deals=12,
        tickets=6,
    ),
)


class Demo:
    """The demo of one database: what is missing is made, what is there is left alone."""

    def __init__(self, database: Database, host: PluginHost, new_id: Callable[[], int]) -> None:
        self._database = database
        self._host = host
        self._new_id = new_id

    async def missing(self) -> list[Plan]:
        """The portals that are not there yet."""
        there = await portal_ids(self._database)
        return [plan for plan in PLANS if plan.portal.key not in there]

    async def load(
        self, plan: Plan, on_progress: Callable[[int, int], None], today: date | None = None
    ) -> None:
        """Makes one portal; `on_progress` hears how many rows of how many are written."""
        today = today or datetime.now(ZoneInfo(plan.portal.time_zone)).date()
        made, batch = self.gather(plan, today)
        total, written = len(batch), 0

        def count(rows: int) -> None:
            nonlocal written
            written += rows
            on_progress(written, total)

        await write_portal(self._database, made, batch, count)

    def gather(self, plan: Plan, today: date) -> tuple[MadePortal, Batch]:
        """All rows of a portal: the core's, then each plugin's in the order of their names."""
        batch = Batch(self._new_id)
        zone = ZoneInfo(plan.portal.time_zone)
        now = datetime.combine(today, time(), zone).astimezone(UTC)
        made = add_portal(batch, plan.portal, self._new_id(), now)
        contents = Contents(pipelines={key: [pipeline] for key, pipeline in made.pipelines.items()})
        seeder = Seeder(made, today, now, _chance(made.key), batch, contents)
        _add_core(seeder, plan)
        for hosted in self._host.hosted:
            own = replace(seeder, rng=_chance(made.key, hosted.plugin.name))
            try:
                self._host.seed(hosted, own)
            except Exception as error:
                raise StartError(
                    f"the plugin '{hosted.plugin.name}' of {hosted.origin} cannot make its demo data "
                    f"({type(error).__name__}: {error}); mend it, or block it"
                ) from error
        return made, batch


def _chance(portal: str, plugin: str = "core") -> Random:
    """Chance that is the same every day, and for each plugin its own; only dates follow today."""
    return Random(f"{portal} {plugin}")  # noqa: S311 - demo data, no secrets


def _add_core(seeder: Seeder, plan: Plan) -> None:
    words = Words(seeder.rng)
    add_people(seeder, words, plan.colleagues)
    currencies = add_companies(seeder, words, plan.companies)
    add_contacts(seeder, words, plan.contacts)
    add_deals(seeder, words, currencies, plan.deals)
    add_tickets(seeder, words, plan.tickets)
    add_properties(seeder)
    add_subscriptions(seeder)
