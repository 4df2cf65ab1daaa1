"""The report: what an import has done."""

from dataclasses import dataclass
from pathlib import Path

from tabard.importing.plan import Tally


@dataclass(frozen=True)
class ImportReport:
    """What was read, written and rejected. `tallies` go by the kind of thing, such as `deal`."""

    portal: str
    rows: int
    tallies: dict[str, Tally]
    associations: int
    rejected: int = 0
    reasons: tuple[str, ...] = ()
    rejects: Path | None = None

    def __str__(self) -> str:
        lines = [f"{self.rows:,} rows read into the portal '{self.portal}'"]
        lines += [_line(noun, tally) for noun, tally in self.tallies.items()]
        if self.associations:
            lines.append(f"  {self.associations:,} associations created")
        if self.rejected:
            lines.append(
                f"  {self.rejected:,} rows rejected; mend them in {self.rejects} and import that file"
            )
        return "\n".join(lines)


def _line(noun: str, tally: Tally) -> str:
    total = tally.created + tally.updated + tally.unchanged
    return f"  {noun}: {total:,} ({tally.created:,} created, {tally.updated:,} updated, {tally.unchanged:,} unchanged)"
