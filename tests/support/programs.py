"""Programs that some tests need and not every machine has: Node.js with packages of npm, and Chromium."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.assets import INSTALL, Assets, tools
from tabard.errors import AssetsNotBuilt

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / ".cache"
CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, since containers run as root; nothing else of a browser's own goes to the network.
QUIET: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """A folder of the cache, while no other process of the tests uses it."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE / name


def npm_packages(project: Path) -> Path:
    """A copy of an npm project with its packages, installed once for each version of its package.json."""
    npm, _ = node_tools()
    manifest = (project / "package.json").read_bytes()
    with alone(f"{project.name}-{hashlib.sha256(manifest).hexdigest()[:12]}") as folder:
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "package.json").write_bytes(manifest)
            install(npm, folder)
            (folder / "complete").touch()
        return folder


def install(npm: str, folder: Path) -> None:
    """Installs what a package.json asks for; skips loudly where the packages cannot be had."""
    done = subprocess.run([npm, *INSTALL], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NO CLIENT WAS TESTED: npm cannot install the packages: {done.stderr.strip()[-300:]}")


def node_tools() -> tuple[str, str]:
    """npm and node; skips loudly where they are missing or too old."""
    try:
        return tools()
    except AssetsNotBuilt as absence:
        pytest.skip(f"NOTHING OF NODE.JS WAS TESTED: {absence}")


def built_graphiql() -> Path:
    """The folder with GraphiQL as `tabard assets build` makes it; built once for each version of its sources."""
    node_tools()
    with alone("assets") as folder:
        assets = Assets(folder)
        if not assets.is_current:
            try:
                assets.build(lambda _: None)
            except AssetsNotBuilt as absence:
                pytest.skip(f"GRAPHIQL WAS NOT TESTED: {absence}")
        return assets.built


def find_chromium() -> str:
    """The browser: $CHROMIUM, else one on PATH; skips loudly where there is none."""
    candidates = (os.environ.get("CHROMIUM"), *map(shutil.which, CHROMIUMS))
    found = next((candidate for candidate in candidates if candidate), None)
    return found or pytest.skip(
        "NO PAGE WAS TESTED IN A BROWSER: there is no Chromium; install it or name one in CHROMIUM"
    )


@contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium without a window.

    Playwright keeps an event loop running in its thread, so it ends before any asynchronous test begins.
    """
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
