#!/usr/bin/env python3
"""Sets up .venv and runs Tabard in it: `python3 dev.py demo`, `python3 dev.py test`.

It needs Python and a package index, nothing else, and it parses on every Python since 3.6, so that an old one
gets a sentence and not a traceback.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def complaint(version: "tuple[int, ...]") -> str:
    """What to tell somebody whose Python is too old; nothing when it is not."""
    if version >= (3, 11):
        return ""
    return (
        f"Tabard needs Python 3.11 or newer, and this is Python {version[0]}.{version[1]}. "
        "Start dev.py with a newer one, such as `python3.11 dev.py demo`."
    )


if complaint(sys.version_info[:2]):
    print(f"dev.py: {complaint(sys.version_info[:2])}", file=sys.stderr)
    sys.exit(2)


ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "tabard.json"
PROJECT = ROOT / "pyproject.toml"
PINS = ROOT / "constraints.txt"
DEV_MARK = "# For development and tests only\n"
LOCK_HEADER = "# Exact versions and hashes of everything that is installed; made by `python3 dev.py lock`.\n"
CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import contracts": ["-c", "from importlinter.cli import lint_imports_command as check; check()"],
}
CAUSES = {
    r"No space left on device|os error 28\b|Errno 28\b": (
        "The disk is full. Free about 500 MB and start again."
    ),
    r"DO NOT MATCH THE HASHES|Hash mismatch": (
        "The package index served a file that is not the one in constraints.txt, so it was not used. "
        "Clear the package cache, or ask whoever runs the index."
    ),
    r"NewConnectionError|Connect(ion|Timeout)?Error|ReadTimeout|ProxyError|SSLError|certificate|timed out|"
    r"name resolution|dns error|client error \(Connect|error sending request": (
        "The package index cannot be reached. Check the network and the proxy (HTTPS_PROXY), or point "
        "PIP_INDEX_URL (pip) or UV_DEFAULT_INDEX (uv) at an index within reach, and start again."
    ),
    r"No matching distribution found|No solution found|not found in the package registry": (
        "The package index lacks a package that Tabard needs, or has it for other machines only."
    ),
    r"ensurepip|No module named venv": (
        "This Python cannot make virtual environments. Install its venv module (the package python3-venv on "
        "Debian and Ubuntu) or uv, and start again."
    ),
    r"Permission denied|Errno 13\b|os error 13\b": (
        "A file cannot be written. See that this folder and its .venv are yours, and start again."
    ),
}


class Stop(Exception):
    """Ends dev.py with one sentence for the person who started it."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def pinned(*parts: str) -> list[str]:
    """The pins of the parts asked for, `runtime` and `dev`, each with its hashes."""
    runtime, _, dev = PINS.read_text(encoding="utf-8").partition(DEV_MARK)
    return [pin for part in parts for pin in pins({"runtime": runtime, "dev": dev}[part])]


def pins(text: str) -> list[str]:
    """The requirements of a compiled file; a requirement's hashes are on indented lines below it."""
    return re.findall(r"^[^\s#].*\n(?:[ \t].*\n)*", text, flags=re.MULTILINE)


def digest() -> str:
    """Changes whenever .venv has to be brought up to date."""
    declared = {**project(), "tool": project()["tool"]["hatch"], "root": str(ROOT)}
    return hashlib.sha256(json.dumps(declared).encode() + PINS.read_bytes()).hexdigest()


def project() -> dict[str, Any]:
    """What pyproject.toml declares."""
    import tomllib

    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))


def installed() -> list[str]:
    """The parts that .venv holds in their present versions."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(stamp["parts"]) if PYTHON.exists() and stamp["digest"] == digest() else []


def prepare(*parts: str) -> None:
    """Makes .venv and installs what is missing; at once when nothing is."""
    if set(parts) <= set(installed()):
        return
    STAMP.unlink(missing_ok=True)
    requirements = pinned(*parts)
    with tempfile.TemporaryDirectory(prefix="tabard-install-") as folder:
        listed, log = Path(folder) / "requirements.txt", Path(folder) / "log"
        listed.write_text("".join(requirements), encoding="utf-8")
        steps = with_uv(listed) if shutil.which("uv") else with_pip(listed)
        for number, (title, command) in enumerate(steps, start=1):
            follow(Status(f"[{number}/{len(steps)}] {title}", len(requirements)), command, log)
    STAMP.write_text(json.dumps({"digest": digest(), "parts": parts}), encoding="utf-8")


def with_uv(listed: Path) -> list[tuple[str, list[str]]]:
    """The steps of an installation by uv."""
    install = ["uv", "pip", "install", "--python", str(PYTHON), "--no-deps"]
    make = [("Making .venv with uv", ["uv", "venv", "--clear", "--python", sys.executable, str(VENV)])]
    return [
        *([] if PYTHON.exists() else make),
        ("Installing packages", [*install, "--require-hashes", "-r", str(listed)]),
        ("Installing Tabard", [*install, "--no-build-isolation", "--offline", "-e", str(ROOT)]),
    ]


def with_pip(listed: Path) -> list[tuple[str, list[str]]]:
    """The steps of an installation by what Python brings along."""
    pip = [str(PYTHON), "-m", "pip"]
    install = [*pip, "install", "--no-deps", "--no-compile", "--progress-bar", "off", "--retries", "2"]
    make = [("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])]
    bare = (
        PYTHON.exists() and subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode
    )
    return [
        *([] if PYTHON.exists() else make),
        *([("Adding pip to .venv", [str(PYTHON), "-m", "ensurepip"])] if bare else []),
        ("Installing packages", [*install, "--require-hashes", "-r", str(listed)]),
        ("Installing Tabard", [*install, "--no-build-isolation", "--no-index", "-e", str(ROOT)]),
    ]


class Status:
    """One step's line on the terminal, rewritten as it goes; in a file, a line for every ten packages."""

    PACKAGE = re.compile(r"^(?:Collecting|Processing|Ignoring|Requirement already satisfied:) ", re.MULTILINE)

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self.started = time.monotonic()
        self.shown = ""

    def show(self, said: str) -> None:
        """Shows how far a step is that has said so much."""
        seen = len(self.PACKAGE.findall(said))
        if sys.stdout.isatty():
            count = f" {seen} of {self.total}" if seen else ""
            print(f"\r{self.title}{count}, {self.seconds()} s  ", end="", flush=True)
            return
        line = f"{self.title} {seen // 10 * 10} of {self.total}" if seen >= 10 else self.title
        if line != self.shown:
            print(line, flush=True)
            self.shown = line

    def seconds(self) -> int:
        """How long the step has taken so far."""
        return int(time.monotonic() - self.started)

    def close(self) -> None:
        """Leaves the line as it is."""
        if sys.stdout.isatty():
            print(flush=True)


def follow(status: Status, command: list[str], log: Path) -> None:
    """Runs one step of the installation, showing how far it is; explains a failure."""
    quiet = {
        "PIP_USER": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        status.show("")
        while process.poll() is None:
            status.show(log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.2)
    finally:
        process.terminate()
        process.wait()
        status.close()
    if process.returncode:
        raise Stop(cause(log.read_text(encoding="utf-8", errors="replace")))


def cause(said: str) -> str:
    """One sentence for what an installer said before it gave up; its own last words when that is news."""
    for pattern, sentence in CAUSES.items():
        if re.search(pattern, said):
            return sentence
    last = "".join(f"  {line}\n" for line in said.splitlines()[-12:])
    return f"The installation failed, and its last words were:\n{last}Mend that and start again."


def hand_over(*command: str) -> int:
    """Becomes another program, so that signals and exit codes are its own; Windows can only wait for it."""
    sys.stdout.flush()
    if os.name != "nt":
        os.chdir(ROOT)
        os.execv(command[0], command)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def demo(options: argparse.Namespace, rest: list[str]) -> int:
    """Serves the demo portal."""
    prepare("runtime")
    build_query_page()
    arguments = ["--port", str(options.port)] if options.port is not None else []
    arguments += ["--data", str(Path(options.data).resolve())] if options.data else []
    arguments += ["--fresh"] if options.fresh else []
    return hand_over(str(PROGRAMS / "tabard"), "demo", *arguments)


def build_query_page() -> None:
    """Builds GraphiQL where Node.js is; whatever goes wrong is said, and the demo has a smaller page."""
    if shutil.which("node") and shutil.which("npm"):
        subprocess.run([str(PROGRAMS / "tabard"), "assets", "build"], cwd=ROOT, check=False)


def test(options: argparse.Namespace, rest: list[str]) -> int:
    """Runs the tests in parallel; whatever follows goes to pytest."""
    prepare("runtime", "dev")
    return hand_over(str(PYTHON), "-m", "pytest", "-n", "logical", "--dist", "worksteal", *rest)


def soak(options: argparse.Namespace, rest: list[str]) -> int:
    """Runs the long form of a promise, such as `soak kill`; without a name lists them."""
    prepare("runtime", "dev")
    return hand_over(str(PYTHON), "-m", "tests.soak", *rest)


def bench(options: argparse.Namespace, rest: list[str]) -> int:
    """Runs a benchmark, such as `bench ratios --json`; without a name lists them."""
    prepare("runtime", "dev")
    return hand_over(str(PYTHON), "-m", "benchmarks", *rest)


def lint(options: argparse.Namespace, rest: list[str]) -> int:
    """Checks style, format, types and the direction of imports; runs all of them even when one fails."""
    prepare("runtime", "dev")
    failed = []
    for name, command in CHECKS.items():
        print(f"== {name}", flush=True)
        if subprocess.run([str(PYTHON), *command], cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        raise Stop(f"Not clean: {', '.join(failed)}. What each one found stands above.")
    return 0


def lock(options: argparse.Namespace, rest: list[str]) -> int:
    """Compiles constraints.txt anew; `--upgrade` moves what is pinned already."""
    if not shutil.which("uv"):
        raise Stop("lock needs uv, which is not on PATH: `pip install uv` brings it.", 2)
    build = project()["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder) / "everything.txt"
        everything.write_bytes(PINS.read_bytes() if PINS.exists() else b"")
        resolve(everything, build, "--all-extras", *rest)
        runtime = Path(folder) / "runtime.txt"
        resolve(runtime, build, "--constraint", str(everything))
        needed = {name(pin) for pin in pins(runtime.read_text(encoding="utf-8"))}
        found = pins(everything.read_text(encoding="utf-8"))
    parts = [[pin for pin in found if (name(pin) in needed) is kept] for kept in (True, False)]
    PINS.write_text(LOCK_HEADER + "".join(parts[0]) + DEV_MARK + "".join(parts[1]), encoding="utf-8")
    print(f"constraints.txt: {len(parts[0])} packages to run Tabard, {len(parts[1])} more to develop it")
    return 0


def resolve(output: Path, build: list[str], *options: str) -> None:
    """Compiles the project's requirements, for every platform and without the address of any index."""
    flags = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.11"]
    command = ["uv", "pip", "compile", *flags, *options, str(PROJECT), "-", "--output-file", str(output)]
    compiled = subprocess.run(
        command, cwd=ROOT, input="\n".join(build), capture_output=True, text=True, check=False
    )
    if compiled.returncode:
        raise Stop(cause(compiled.stderr))


def name(pin: str) -> str:
    """The distribution that a pin names."""
    return pin.partition("==")[0]


def parser() -> argparse.ArgumentParser:
    """The command line of dev.py."""
    top = argparse.ArgumentParser(prog="dev.py", description=__doc__.partition("\n")[0], allow_abbrev=False)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="demo|test|soak|bench|lint|lock")
    for verb in (demo, test, soak, bench, lint, lock):
        summary = str(verb.__doc__)
        command = verbs.add_parser(
            verb.__name__,
            help=summary,
            description=summary,
            allow_abbrev=False,
            add_help=verb not in (soak, bench),
        )
        command.set_defaults(run=verb)
    demonstration = verbs.choices["demo"]
    demonstration.add_argument("--port", type=int, help="port on loopback (default 8000)")
    demonstration.add_argument("--data", help="folder of the database (default data)")
    demonstration.add_argument("--fresh", action="store_true", help="start over with a new database")
    return top


def main(arguments: list[str]) -> int:
    """Runs one verb; returns the exit code."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and options.run in (demo, lint):
        top.error(f"{options.verb} does not know {' '.join(rest)}")
    try:
        return int(options.run(options, rest))
    except Stop as stop:
        print(f"dev.py: {stop}", file=sys.stderr)
        return stop.code
    except OSError as error:
        print(f"dev.py: {error.strerror}: {error.filename or ROOT}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndev.py: interrupted; the next start goes on from here.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
