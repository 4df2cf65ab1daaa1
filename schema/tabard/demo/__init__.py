"""The demo: portals with deterministic data for a given day, to which each plugin adds its own."""

from tabard.demo.seeder import Seeded, SeededUser, Seeder
from tabard.records.pipelines import NewStage

__all__ = ["NewStage", "Seeded", "SeededUser", "Seeder"]
