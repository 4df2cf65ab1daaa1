"""The documentation: what it shows runs, what it names exists, and what exists is named."""

import inspect
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
from graphql import parse, validate

import tabard
from gateway.cli import app
from tabard import Plugin
from tabard.assembly import assemble
from tabard.hooks import Hooks
from tabard.host import Origin, PluginHost
from tabard.migrating.revise import revise
from tabard.testing import Gateway
from tests.reference_tables import COMMAND, MADE, PAGES, TABLES, filled
from tests.support.asking import Asker, asking
from tests.support.databases import bundled
from tests.support.pages import ROOT, Page, anchor, pages

ALL = pages()
ANYTHING = "…"
CODED = [page for page in ALL if page.module]
ASKED = [page for page in ALL if page.exchanges]
WITH_RENEWALS = [
    page for page in ALL if page.name in ("docs/plugins/tutorial.md", "docs/admins/workspaces.md")
]
FOR_AUTHORS = [page for page in ALL if page.name.startswith("docs/plugins/")]
# `sh` is shown, `bash` is run by test_readme.py.
LANGUAGES = {"python", "js", "graphql", "json", "sh", "bash", "sql", "toml", "yaml", "csv", "text"}


def named(page: Page) -> str:
    return page.name


def test_the_pages_are_there() -> None:
    assert {"README.md", "schema/README.md", "examples/renewals/README.md", "docs/errors.md"} <= {
        page.name for page in ALL
    }
    assert {page.path.stem for page in FOR_AUTHORS} == {"tutorial", "forms", "hooks", "testing"}


@pytest.mark.parametrize("page", ALL, ids=named)
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        target, _, heading = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), f"{page.name} links to {link}"
        assert not heading or heading in Page(path).anchors, f"{page.name} links to {link}"


@pytest.mark.parametrize("page", ALL, ids=named)
def test_every_block_says_its_language(page: Page) -> None:
    assert page.text.count("```") == 2 * len(page.blocks)
    assert {block.language for block in page.blocks} <= LANGUAGES


@pytest.mark.parametrize("page", ALL, ids=named)
def test_every_json_is_json(page: Page) -> None:
    for block in page.of("json"):
        json.loads(block.text)


VERBS = {"demo", "test", "soak", "bench", "lint", "lock"}


@pytest.mark.parametrize("page", ALL, ids=named)
def test_every_command_exists(page: Page) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for block in page.of("sh", "bash"):
        assert set(re.findall(r"(?:^|bin/|\| )tabard ([a-z-]+)", block.text, re.MULTILINE)) <= known
        assert set(re.findall(r"dev\.py ([a-z]+)", block.text)) <= VERBS


@pytest.mark.parametrize("page", ALL, ids=named)
def test_what_is_quoted_from_a_file_stands_in_it(page: Page) -> None:
    for block in page.blocks:
        if "from" in block.notes:
            source = (ROOT / block.notes["from"]).read_text(encoding="utf-8")
            assert block.text.strip() in source, f"{page.name} quotes {block.notes['from']} wrongly"


def test_the_tutorial_shows_the_whole_example() -> None:
    file = "examples/renewals/renewals_tab/__init__.py"
    shown = [
        block.text
        for block in Page(ROOT / "docs/plugins/tutorial.md").blocks
        if block.notes.get("from") == file
    ]
    assert "".join(shown).split() == (ROOT / file).read_text(encoding="utf-8").split()


@pytest.mark.parametrize("page", [page for page in CODED if page not in ASKED], ids=named)
async def test_python_runs(page: Page, tmp_path: Path) -> None:
    module = imported(page, tmp_path)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    for test in tests:
        await test()
    if not tests:
        (plugin,) = plugins_of(module)
        host = PluginHost()
        host.register([(module, Origin(plugin.name, module.__name__, "a page", "1"))])
        assert plugin.name in assemble([*bundled(), *host.plugins]).registry.plugins


@pytest.mark.parametrize("page", ASKED, ids=named)
async def test_queries_are_answered_as_shown(page: Page, tmp_path: Path) -> None:
    async with asked(page, tmp_path) as asker:
        for block, answer in page.exchanges:
            document = parse(block.text)
            assert validate(asker.gateway.graph.graphql_schema, document) == []
            if "persona" not in block.notes:
                assert answer is None, f"{page.name}: who is asking for\n{block.text}"
                continue
            variables = json.loads(block.notes.get("variables", "{}"))
            given = await asker.ask(block.text, persona=block.notes["persona"], variables=variables)
            assert answer is not None, f"{page.name}: the answer is missing:\n{json.dumps(given, indent=2)}"
            expected = json.loads(answer.text)
            if "extensions" not in expected:
                # Every answer tells its cost; one page explains it, the others leave it out.
                assert given.pop("extensions").keys() == {"cost"}
            assert blanked(given, expected) == expected


@pytest.fixture(autouse=True)
def _example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is importable, as if it were installed; its entry point is not there."""
    monkeypatch.syspath_prepend(ROOT / "examples" / "renewals")


@asynccontextmanager
async def asked(page: Page, folder: Path) -> AsyncIterator[Asker]:
    """A server over a demo with the bundled plugins, and with those that the page makes."""
    own = plugins_of(imported(page, folder)) if page.module else []
    for plugin in own:
        if plugin.tables:
            await revise(plugin, "First tables")
    plugins = [
        *bundled(),
        *own,
        *(plugins_of(import_module("renewals_tab")) if page in WITH_RENEWALS else []),
    ]
    url = f"sqlite:///{folder / 'demo.sqlite3'}"
    async with Gateway.demo(*plugins, url=url) as gateway, asking(gateway, *plugins, url=url) as asker:
        yield asker


def imported(page: Page, folder: Path) -> ModuleType:
    """The page's Python as a package of its own, so that a plugin finds its folders."""
    package = folder / f"page_{page.path.stem}"
    package.mkdir()
    (package / "__init__.py").write_text(page.module, encoding="utf-8")
    spec = spec_from_file_location(package.name, package / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Strawberry resolves annotations by looking the module up.
    sys.modules[package.name] = module
    spec.loader.exec_module(module)
    return module


def plugins_of(module: ModuleType) -> list[Plugin]:
    """The plugins that a module makes."""
    return list({id(value): value for value in vars(module).values() if isinstance(value, Plugin)}.values())


def blanked(given: Any, expected: Any) -> Any:
    """What was given, where the page shows `…` that."""
    if expected == ANYTHING:
        return ANYTHING
    if isinstance(given, dict) and isinstance(expected, dict):
        return {key: blanked(value, expected.get(key)) for key, value in given.items()}
    if isinstance(given, list) and isinstance(expected, list) and len(given) == len(expected):
        return [blanked(one, other) for one, other in zip(given, expected, strict=True)]
    return given


def test_every_hook_is_documented_with_its_signature() -> None:
    hooks = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}
    headings = re.findall(r"^## `(.+)`$", Page(ROOT / "docs/plugins/hooks.md").text, re.MULTILINE)
    assert headings == [f"{name}{_signature(hook)}" for name, hook in hooks.items()]


def _signature(hook: Any) -> str:
    signature = inspect.signature(hook)
    parameters = [item for name, item in signature.parameters.items() if name != "self"]
    return str(signature.replace(parameters=parameters)).replace("'", "")


def test_every_public_name_is_explained_to_authors() -> None:
    told = "".join(page.text for page in FOR_AUTHORS)
    assert [name for name in tabard.__all__ if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", told)] == []


def test_every_form_is_explained_to_authors() -> None:
    forms = {name for name, value in inspect.getmembers(Plugin, callable) if not name.startswith("_")}
    headings = Page(ROOT / "docs/plugins/forms.md").anchors
    assert {form for form in forms - set(vars(Hooks)) if anchor(form) not in headings} == set()


def test_every_reason_for_a_refusal_is_documented() -> None:
    told = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    sources = [*ROOT.glob("gateway/**/*.py"), *ROOT.glob("schema/tabard/**/*.py")]
    reasons = {
        reason
        for source in sources
        for reason in re.findall(r"\breason=\"([A-Z_]+)\"", source.read_text(encoding="utf-8"))
    }
    assert {"TOKEN_EXPIRED", "TAB_HIDDEN"} <= reasons
    assert {reason for reason in reasons if f"`{reason}`" not in told} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_tables_of_reference_are_what_the_code_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == filled(text), f"the code has changed; run `{COMMAND}`"


def test_every_table_of_reference_is_on_a_page() -> None:
    names = [found[2] for path in PAGES for found in MADE.finditer(path.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(TABLES)
