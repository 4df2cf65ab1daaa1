"""The query page in a real Chromium, over a real demo: the small page, then GraphiQL in its place."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from gateway.examples import FOLDERS
from tests.support.demos import RunningDemo, running
from tests.support.programs import browsing, built_graphiql

DOCUMENTS = len(list(FOLDERS[-1].glob("*.graphql")))
PATIENCE_MS = 30_000
TURNS = 200
CHANGES = "subscription { recordChanged { kind recordId } }"
COMPANY = "{ companies(first: 1) { nodes { id version } } }"
UPDATE = """
  mutation ($id: ID!, $version: Int!, $industry: String!) {
    recordUpdate(
      input: {record: $id, ifVersion: $version, properties: [{key: "industry", value: {text: $industry}}]}
    ) { userErrors { code } }
  }
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assets")


@pytest.fixture(scope="module")
def demo(browser: Browser, assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running(tmp_path_factory.mktemp("data"), TABARD_ASSETS=str(assets)) as demo:
        yield demo


@pytest.fixture
def graphiql(assets: Path) -> Iterator[None]:
    """GraphiQL is built, while the demo runs."""
    place = assets / "graphiql"
    place.symlink_to(built_graphiql())
    yield
    place.unlink()


@pytest.fixture
def page(browser: Browser, demo: RunningDemo) -> Iterator[Page]:
    """A fresh page; afterwards it has asked no other host for anything and broken no rule."""
    context = browser.new_context(base_url=demo.address)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    foreign: list[str] = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: foreign.append(asked.url) if is_foreign(asked.url, demo) else None)
    yield opened
    context.close()
    assert (foreign, complaints) == ([], [])


def is_foreign(url: str, demo: RunningDemo) -> bool:
    return not url.startswith((f"{demo.address}/", "data:"))


def opened(page: Page) -> Page:
    page.goto("/graphiql")
    expect(page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE_MS)
    return page


def run(page: Page) -> str:
    """Runs what is in the small page; what it then shows of how it went."""
    page.get_by_role("button", name="Run").click()
    status = page.get_by_role("status")
    expect(status).to_have_text(re.compile(r"^HTTP|^failed"), timeout=PATIENCE_MS)
    return status.inner_text()


def change_until(demo: RunningDemo, is_there: Callable[[], bool]) -> None:
    """Changes a company until somebody has heard of it, since nobody can tell when a stream has begun."""
    for turn in range(TURNS):
        (company,) = demo.ask(COMPANY, "super-admin")["data"]["companies"]["nodes"]
        variables = {"id": company["id"], "version": company["version"], "industry": f"turn {turn}"}
        assert demo.ask(UPDATE, "super-admin", **variables)["data"]["recordUpdate"]["userErrors"] == []
        if is_there():
            return
    raise AssertionError(f"no event came of {TURNS} changes")


def test_the_first_page_leads_to_the_query_page_and_the_schema(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Tabard")).to_be_visible()
    assert page.get_by_role("link", name="Read the schema").get_attribute("href") == "/schema.graphql"
    page.get_by_role("link", name="Try queries").click()
    expect(page).to_have_url(re.compile("/graphiql$"))


def test_every_example_of_the_small_page_is_answered_to_whom_it_suits(page: Page) -> None:
    opened(page)
    examples = page.get_by_label("Example")
    names = examples.get_by_role("option").all_inner_texts()
    assert len(names) == DOCUMENTS
    for name in names:
        examples.select_option(label=name)
        if "\nsubscription " in page.get_by_label("Query").input_value():
            page.get_by_role("button", name="Run").click()
            page.get_by_role("button", name="Stop").click()
            continue
        assert run(page).startswith("HTTP 200"), name
        answer = json.loads(page.locator("#result").inner_text())
        assert "errors" not in answer, name
        assert '"@' not in page.get_by_label("Variables").input_value(), name


def test_the_small_page_asks_as_the_chosen_persona_and_with_written_headers(
    page: Page, demo: RunningDemo
) -> None:
    opened(page)
    page.get_by_label("Query").fill("{ viewer { name } }")
    personas = page.get_by_label("Ask as")
    assert [text.partition(" (")[0] for text in personas.get_by_role("option").all_inner_texts()] == list(
        demo.tokens
    )
    personas.select_option(label="manager (Carla Duarte)")
    run(page)
    expect(page.locator("#result")).to_contain_text("Carla Duarte")
    page.get_by_text("Headers").click()
    page.get_by_label("Headers").fill(json.dumps({"Authorization": f"Bearer {demo.tokens['partner']}"}))
    page.get_by_label("Query").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result")).to_contain_text("Greta Nilsen")


def test_the_small_page_says_what_is_wrong_with_the_variables(page: Page) -> None:
    opened(page)
    page.get_by_label("Variables").fill("{nonsense")
    assert run(page) == "failed"
    expect(page.locator("#result")).to_contain_text("Variables are not JSON")
    expect(page.get_by_label("Variables")).to_be_focused()


def test_the_small_page_follows_a_subscription_until_it_is_stopped(page: Page, demo: RunningDemo) -> None:
    opened(page)
    page.get_by_label("Query").fill(CHANGES)
    page.get_by_label("Variables").fill("")
    page.get_by_label("Ask as").select_option(label="super-admin (Ada Sommer)")
    page.get_by_role("button", name="Run").click()
    stop = page.get_by_role("button", name="Stop")
    change_until(demo, lambda: "event" in page.get_by_role("status").inner_text())
    expect(page.locator("#result")).to_contain_text('"kind": "record.changed"')
    stop.click()
    expect(page.get_by_role("status")).to_have_text("stopped")


@pytest.mark.usefixtures("graphiql")
def test_graphiql_follows_a_subscription_until_it_is_stopped(page: Page, demo: RunningDemo) -> None:
    page.goto("/graphiql")
    expect(page.get_by_role("region", name="Operation Editor")).to_contain_text(
        "isDefault", timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="New tab").click()
    page.get_by_role("region", name="Operation Editor").get_by_role("textbox").press_sequentially(CHANGES)
    page.get_by_label("Ask as").select_option("demo/super-admin")
    page.get_by_role("button", name="Execute query").click()
    result = page.get_by_role("region", name="Result Window")
    change_until(demo, lambda: "record.changed" in result.inner_text())
    page.get_by_role("button", name="Stop query").click()
    expect(page.get_by_role("button", name="Execute query")).to_be_visible()


def test_the_small_page_documents_the_schema(page: Page) -> None:
    opened(page)
    documentation = page.get_by_role("region", name="Documentation")
    documentation.get_by_role("searchbox").fill("renewalOn")
    documentation.get_by_role("button", name="Service.renewalOn").click()
    expect(documentation.get_by_role("heading", name="type Service")).to_be_focused()
    expect(documentation).to_contain_text("renewalOn: Date")
    documentation.get_by_role("button", name="Money", exact=True).first.click()
    expect(documentation).to_contain_text("amount: Decimal!")
    documentation.get_by_role("button", name="Overview").click()
    expect(documentation.get_by_role("button", name="Query", exact=True)).to_be_visible()


@pytest.mark.usefixtures("graphiql")
def test_graphiql_has_examples_as_tabs_and_answers_them(page: Page) -> None:
    page.goto("/graphiql")
    tabs = page.get_by_role("tab")
    expect(tabs.first).to_contain_text("Workspace", timeout=PATIENCE_MS)
    assert tabs.count() == 6
    expect(page.get_by_role("region", name="Operation Editor")).to_contain_text("isDefault")
    page.get_by_role("button", name="Execute query").click()
    expect(page.get_by_role("region", name="Result Window")).to_contain_text(
        "Onboarding", timeout=PATIENCE_MS
    )
    page.get_by_role("tab", name="PageLayouts").click()
    expect(page.get_by_label("Ask as")).to_have_value("demo/manager")
    page.get_by_label("Ask as").select_option("demo/outsider")
    page.get_by_role("button", name="Execute query").click()
    expect(page.get_by_role("region", name="Result Window")).to_contain_text("FORBIDDEN", timeout=PATIENCE_MS)


@pytest.mark.usefixtures("graphiql")
def test_graphiql_lists_all_examples_and_documents_the_schema(page: Page) -> None:
    page.goto("/graphiql")
    page.get_by_role("button", name="Show Examples").click()
    panel = page.get_by_role("region", name="Examples")
    assert panel.get_by_role("listitem").count() == DOCUMENTS
    panel.get_by_role("button", name="CustomersSettingsUpdate").click()
    expect(page.get_by_role("tab")).to_have_count(7)
    expect(page.get_by_label("Ask as")).to_have_value("demo/manager")
    page.get_by_role("button", name="Execute query").click()
    expect(page.get_by_role("region", name="Result Window")).to_contain_text(
        "csmProperty", timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_text("Root Types")).to_be_visible()
