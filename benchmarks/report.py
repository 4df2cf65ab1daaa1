"""Report: measures everything once, and writes the tables of README.md and the chart from it.

`python3 dev.py bench report` measures; with `--keep` it only writes anew from `measured.json`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson
import psutil

from benchmarks import floor, ratios
from benchmarks.chart import chart
from benchmarks.workloads import DOCUMENTS
from benchmarks.workloads import GOALS as FLOOR_GOALS

FOLDER: Final = Path(__file__).parent
MEASURED: Final = FOLDER / "measured.json"
PAGE: Final = FOLDER / "README.md"
CHART: Final = FOLDER / "chart.svg"
PACKAGES: Final = (
    "strawberry-graphql",
    "graphql-core",
    "SQLAlchemy",
    "asyncpg",
    "uvloop",
    "uvicorn",
    "orjson",
)
BLOCK: Final = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def measure(rounds: int, seconds: float) -> dict[str, Any]:
    """Everything, with where and when; the load is the machine's before the first measurement and after the last."""
    before = os.getloadavg()[0]
    stock = ratios.against_stock(seconds)
    floor.echo(floor.HEAD)
    floors = floor.measured(list(DOCUMENTS), rounds, list(floor.DATABASES), floor.echo)
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": {
            "Python": platform.python_version(),
            "SQLite": _sqlite(),
            **{name: version(name) for name in PACKAGES},
        },
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        "stock": stock,
        "floor": floors,
    }


def machine() -> str:
    """The processor, as far as the system tells."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        found = re.search(r"model name\s*: (.+)", told)
    except OSError:
        found = None
    name = found[1] if found else platform.machine()
    return f"{name}, {psutil.cpu_count()} cores, {platform.system()}"


def _sqlite() -> str:
    import sqlite3

    return sqlite3.sqlite_version


def where(found: dict[str, Any]) -> str:
    """Where and when it was measured."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    before, after = found["load"]
    return (
        f"On {found['on']}: {found['machine']}. {versions}. Other work kept the machine busy: "
        f"a load of {before} before and {after} after.\n"
    )


def stock(found: dict[str, Any]) -> str:
    """The table against stock Strawberry."""
    lines = ["| query | times faster | goal | gate |", "| --- | --- | --- | --- |"]
    for name, value in found["stock"].items():
        goal, gate = ratios.GOALS[name]
        lines.append(f"| `{name}` | {value:.1f} | {goal} | {gate} |")
    return "\n".join(lines) + "\n"


def against_floor(found: dict[str, Any]) -> str:
    """The table against the floor."""
    lines = ["| workload | SQLite | PostgreSQL | goal |", "| --- | --- | --- | --- |"]
    for name, values in found["floor"].items():
        lines.append(
            f"| `{name}` | {values['sqlite']:.2f} | {values['postgresql']:.2f} | {FLOOR_GOALS[name]} |"
        )
    return "\n".join(lines) + "\n"


TABLES: Final = {"where": where, "stock": stock, "floor": against_floor}


def filled(page: str, found: dict[str, Any]) -> str:
    """The page with its tables made anew."""
    return BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]](found)}{block[3]}", page)


def main() -> None:
    """Measures, unless what was measured is kept, and writes."""
    options = argparse.ArgumentParser(description="Everything, with tables and a chart.")
    options.add_argument("--keep", action="store_true", help="do not measure again")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=4.0)
    given = options.parse_args()
    if not given.keep:
        found = measure(given.rounds, given.seconds)
        MEASURED.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    found = orjson.loads(MEASURED.read_bytes())
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    CHART.write_text(chart(found), encoding="utf-8")


if __name__ == "__main__":
    main()
