"""What stands in the folders is what is shipped, registered and held to the import contracts."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOOL = PROJECT["tool"]
PLUGINS = {init.parent.name for init in (ROOT / "plugins").glob("*/__init__.py")}
CONTRACTS = {contract["name"]: contract for contract in TOOL["importlinter"]["contracts"]}


def test_every_plugin_is_shipped() -> None:
    shipped = TOOL["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {Path(folder).name for folder in shipped if folder.startswith("plugins/")} == PLUGINS


def test_every_plugin_is_registered() -> None:
    registered = PROJECT["project"]["entry-points"]["tabard.plugins"].values()

    assert {target.partition(":")[0] for target in registered} == PLUGINS


@pytest.mark.parametrize(
    ("contract", "key"),
    [
        ("Plugins do not know each other", "modules"),
        ("tabard knows neither the gateway nor any plugin", "forbidden_modules"),
        ("The gateway knows no plugin", "forbidden_modules"),
        ("Plugins do not know the gateway", "source_modules"),
        ("Plugins import tabard's public face only", "source_modules"),
        ("Only the gateway speaks HTTP", "source_modules"),
        ("Plugins open no database of their own", "source_modules"),
    ],
)
def test_every_plugin_is_held_to_every_import_contract(contract: str, key: str) -> None:
    assert set(CONTRACTS[contract][key]) >= PLUGINS


def test_every_dependency_says_what_it_is_for() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    project = PROJECT["project"]
    for requirement in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        name = re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower()
        assert re.search(rf"^\| [^|]*\b{re.escape(name)}\b", told, flags=re.MULTILINE), name


def test_type_checkers_of_plugin_authors_find_our_types() -> None:
    assert (ROOT / "schema" / "tabard" / "py.typed").exists()


def test_a_wheel_carries_the_query_page_and_its_examples(tmp_path: Path) -> None:
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / built.stdout.strip().splitlines()[-1]) as archive:
        names = set(archive.namelist())
    documents = {f"gateway/operations/{path.name}" for path in (ROOT / "schema" / "operations").iterdir()}
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gateway" / "graphiql").iterdir()}
    assert documents | sources | {"gateway/static/query.html", "gateway/static/query.js"} <= names
    assert [name for name in names if "node_modules" in name] == []
