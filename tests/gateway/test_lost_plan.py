"""An account on PostgreSQL that loses its Enterprise plan while it works, as its people and its operator see it."""

import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.servers import PATIENCE, PROGRAM, RunningServer, environment, token

VIEW = """{ workspace {
  name
  tabs { key state settingsIssues }
  customers { accountObject settings { csmProperty } ownedCustomRecords(first: 1) { totalCount nodes { id } } }
  revenue { settings { objects } }
} }"""
ALL = "{ workspaces { id name isActive teams { name } tabs { key settingsOwn settingsValues } } }"
SAVE = """mutation ($input: AccountSettingsUpdateInput!) {
  accountSettingsUpdate(input: $input) { workspace { id } userErrors { code reason path } }
}"""
RENAME = """mutation ($workspace: ID!) {
  workspaceUpdate(input: { workspace: $workspace, name: "New" }) { workspace { id } userErrors { code reason path } }
}"""
CHANGE = """mutation ($record: ID!) {
  recordUpdate(input: { record: $record, properties: [{ key: "name", value: { text: "New" } }] }) {
    record { id } userErrors { code reason path }
  }
}"""
ENTERPRISE = {
    "accountObject": "custom.subscription",
    "customers": {"csmProperty": "success_manager"},
    "revenue": {"objects": ["deal", "custom.subscription"]},
}


class Office:
    """A served account: its people ask, and its operator changes the plan beside the server."""

    def __init__(self, folder: Path, url: str, server: RunningServer) -> None:
        self._folder, self._url, self._server = folder, url, server
        self._tokens = {persona: token(url, persona) for persona in ("super-admin", "csm")}

    def ask(self, document: str, persona: str = "super-admin", **variables: Any) -> Any:
        answer = httpx2.post(
            f"{self._server.address}/graphql",
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self._tokens[persona]}"},
            timeout=PATIENCE,
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def change_plan(self, plan: str) -> str:
        command = [str(PROGRAM), "portal", "plan", "demo", plan]
        done = subprocess.run(
            command, env=environment(self._url), cwd=self._folder, check=True, capture_output=True, text=True
        )
        return done.stdout


@pytest.mark.row("A1", "B2", "J1", "J28")
def test_what_enterprise_brought_rests_can_be_read_and_comes_back(
    demo_postgres_url: str, tmp_path: Path
) -> None:
    server = RunningServer(tmp_path, demo_postgres_url)
    try:
        office = Office(tmp_path, demo_postgres_url, server)
        assert office.ask(SAVE, input=ENTERPRISE)["accountSettingsUpdate"]["userErrors"] == []
        before, listed = office.ask(VIEW, "csm")["workspace"], office.ask(ALL)["workspaces"]
        assert (before["name"], before["customers"]["accountObject"]) == ("Onboarding", "custom.subscription")
        assert before["customers"]["ownedCustomRecords"]["totalCount"] > 0

        assert "it was on enterprise" in office.change_plan("professional")

        resting = office.ask(VIEW, "csm")["workspace"]
        assert resting["name"] == "Customer Success", "the team has the default workspace at once"
        for tab in ("customers", "revenue"):
            assert resting[tab] == before[tab], "what was made with Enterprise can be read"
        assert all(tab["settingsIssues"] == [] for tab in resting["tabs"])
        shown = office.ask(ALL)["workspaces"]
        assert [item["isActive"] for item in shown] == [True, False, False, False]
        assert [item | {"isActive": True} for item in shown] == listed
        _is_refused(office, listed, before)

        office.change_plan("enterprise")

        assert office.ask(VIEW, "csm")["workspace"] == before
        assert office.ask(ALL)["workspaces"] == listed
        renamed = office.ask(RENAME, workspace=listed[1]["id"])["workspaceUpdate"]
        assert renamed["userErrors"] == []
    finally:
        server.kill()


def _is_refused(office: Office, workspaces: Any, before: Any) -> None:
    """Whatever needs Enterprise cannot be changed, and what does not can be."""
    (record,) = before["customers"]["ownedCustomRecords"]["nodes"]
    asked: list[tuple[str, str, dict[str, Any], list[str]]] = [
        ("workspaceUpdate", RENAME, {"workspace": workspaces[1]["id"]}, ["input", "workspace"]),
        ("recordUpdate", CHANGE, {"record": record["id"]}, ["input", "record"]),
        (
            "accountSettingsUpdate",
            SAVE,
            {"input": {"revenue": {"objects": ["custom.subscription"]}}},
            ["input", "revenue", "objects"],
        ),
    ]
    for mutation, document, variables, path in asked:
        (error,) = office.ask(document, **variables)[mutation]["userErrors"]
        assert error == {"code": "FORBIDDEN", "reason": "plan.enterprise_required", "path": path}
    assert office.ask(ALL)["workspaces"][0] == workspaces[0]
    assert office.ask(RENAME, workspace=workspaces[0]["id"])["workspaceUpdate"]["userErrors"] == []
    again = RENAME.replace('"New"', f'"{workspaces[0]["name"]}"')
    assert office.ask(again, workspace=workspaces[0]["id"])["workspaceUpdate"]["userErrors"] == []
