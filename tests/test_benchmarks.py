"""Benchmarks: the list names what can be run, and the page and its chart are made of what was measured."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from benchmarks import floor, ratios, report
from benchmarks.chart import chart
from benchmarks.sample import QUERIES

ROOT = Path(__file__).resolve().parents[1]
KEYS = {"vs_stock", "vs_floor_sqlite", "vs_floor_postgres"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def test_the_list_names_only_what_can_be_run() -> None:
    listed = run("--list")
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert (listed.returncode, names) == (0, ["floor", "ratios", "report"])
    assert (run().stdout, run("loader").returncode) == (listed.stdout, 2)
    for name in names:
        assert run(name, "--help").returncode == 0


def test_the_page_and_the_chart_are_those_of_what_was_measured() -> None:
    found = json.loads(report.MEASURED.read_text(encoding="utf-8"))
    page = report.PAGE.read_text(encoding="utf-8")
    assert page == report.filled(page, found)
    drawn = report.CHART.read_text(encoding="utf-8")
    assert drawn == chart(found)
    bars = re.findall(r'<line class="goal"', drawn)
    assert len(bars) == len(found["stock"]) + len(floor.DATABASES) * len(found["floor"])


def test_ratios_are_joined_by_query_with_null_where_a_floor_makes_no_sense() -> None:
    floors = {name: {"sqlite": 1.5, "postgresql": 1.25} for name in ratios.FLOORS.values()}
    joined = ratios.joined(dict.fromkeys(QUERIES, 9.0), floors)
    assert set(joined) == {"rows_1000x10", "nested_50_declared", "nested_50_async", "rows_20x10", "tiny"}
    assert all(set(values) == KEYS for values in joined.values())
    assert joined.pop("nested_50_async") == {
        "vs_stock": 9.0,
        "vs_floor_sqlite": None,
        "vs_floor_postgres": None,
    }
    assert {tuple(values.values()) for values in joined.values()} == {(9.0, 1.5, 1.25)}


def test_the_gateway_is_measured_against_the_floor() -> None:
    done = run("floor", "move", "--rounds", "1", "--database", "sqlite")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^sqlite +move +\d", done.stdout, re.MULTILINE)
