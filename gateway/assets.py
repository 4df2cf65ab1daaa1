"""Assets: GraphiQL, built from npm packages into a folder of the operator's."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final

from tabard.errors import AssetsNotBuilt

HERE: Final = Path(__file__).parent
# The page's own modules are part of the bundle.
SOURCES: Final = ("graphiql", "static")
OLDEST_NODE: Final = (20, 19)
PATIENCE_SECONDS: Final = 600
INSTALL: Final = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
LAST_LINES: Final = 5
Say = Callable[[str], None]


class Assets:
    """The folder that holds the built query page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def built(self) -> Path:
        """Where the files of the page are."""
        return self._folder / "graphiql"

    @cached_property
    def digest(self) -> str:
        """Changes whenever the page has to be built anew."""
        files = sorted(path for source in SOURCES for path in (HERE / source).rglob("*") if path.is_file())
        parts = (part for path in files for part in (path.name.encode(), path.read_bytes()))
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    @property
    def is_current(self) -> bool:
        """Whether the page has been built, from the sources of this Tabard."""
        try:
            return (self.built / "digest").read_text(encoding="ascii") == self.digest
        except OSError:
            return False

    def build(self, say: Say) -> None:
        """Builds the page and puts it in place of an older one; raises AssetsNotBuilt."""
        npm, node = tools()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # The packages are many times what is made of them, and a build that is killed leaves them behind.
            with tempfile.TemporaryDirectory(prefix="tabard-graphiql-") as folder:
                self._replace(bundle(Path(folder), npm, node, say))
        except OSError as error:
            raise AssetsNotBuilt(
                f"the folder {self._folder} cannot be used: {error.strerror or error}"
            ) from error

    def _replace(self, made: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self._folder) as folder:
            new, old = Path(folder) / "new", Path(folder) / "old"
            shutil.copytree(made, new)
            (new / "digest").write_text(self.digest, encoding="ascii")
            if self.built.exists():
                self.built.rename(old)
            new.rename(self.built)


def tools() -> tuple[str, str]:
    """The programs npm and node; raises AssetsNotBuilt when they are missing or too old."""
    npm, node = shutil.which("npm"), shutil.which("node")
    wanted = f"Node.js {'.'.join(map(str, OLDEST_NODE))} or newer"
    if npm is None or node is None:
        raise AssetsNotBuilt(f"node and npm are not on PATH; install {wanted}, and build again")
    said = run([node, "--version"], HERE, "node does not tell its version")
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_NODE:
        raise AssetsNotBuilt(f"node is {said.strip() or 'of no known version'}; install {wanted}")
    return npm, node


def bundle(folder: Path, npm: str, node: str, say: Say) -> Path:
    """Builds in a folder; returns where the built files are."""
    for source in SOURCES:
        shutil.copytree(HERE / source, folder / source)
    project = folder / "graphiql"
    say("Installing the packages of GraphiQL …")
    run([npm, *INSTALL], project, "npm cannot install the packages of GraphiQL")
    say("Building GraphiQL …")
    vite = project / "node_modules" / "vite" / "bin" / "vite.js"
    run([node, str(vite), "build", "--logLevel", "warn"], project, "GraphiQL cannot be built")
    return project / "dist"


def run(command: list[str], folder: Path, failure: str) -> str:
    """What a program prints; raises AssetsNotBuilt with its last words when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - the programs are npm and node, with arguments of ours
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsNotBuilt(f"{failure}: no end after {PATIENCE_SECONDS} seconds") from error
    if done.returncode:
        last = "".join(f"\n  {line}" for line in done.stdout.splitlines()[-LAST_LINES:])
        raise AssetsNotBuilt(f"{failure}:{last}")
    return done.stdout
