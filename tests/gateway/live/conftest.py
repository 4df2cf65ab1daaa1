"""Fixtures: servers over the demo, for all tests of a module or for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.databases import Templates, bundled
from tests.support.services import Running, serving


@pytest.fixture
def settings() -> dict[str, Any]:
    """What a test's own server differs in from the defaults; tests parametrize it."""
    return {}


@pytest.fixture
def server(demo_url: str, settings: dict[str, Any]) -> Iterator[Running]:
    """A server of the test's own, on either kind of database in turn."""
    with serving(demo_url, **settings) as running:
        yield running


@pytest.fixture
def embedded(demo_sqlite_url: str, settings: dict[str, Any]) -> Iterator[Running]:
    """A server of the test's own, on SQLite."""
    with serving(demo_sqlite_url, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, demos: Templates) -> Iterator[Running]:
    """A server for what leaves no trace."""
    path = shutil.copyfile(demos.sqlite(bundled()), tmp_path_factory.mktemp("shared") / "demo.sqlite3")
    with serving(f"sqlite:///{path}") as running:
        yield running
