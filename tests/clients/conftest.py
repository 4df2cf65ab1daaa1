"""The demo that all clients ask."""

from collections.abc import Iterator

import pytest

from tests.support.demos import RunningDemo, running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A served demo; what the clients do to it stays among them."""
    with running(tmp_path_factory.mktemp("clients")) as demo:
        yield demo
