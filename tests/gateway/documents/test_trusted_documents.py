"""Trusted documents: named by their hash, remembered by Apollo's protocol, or the only ones there are."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from typer.testing import CliRunner

from gateway.app import Gateway, create_app
from gateway.cli import app as command_line
from gateway.configuration import Configuration
from gateway.documents.manifest import Manifest, TrustedOperation, hash_of, read_manifest, written
from gateway.installation import Installation
from gateway.media import GRAPHQL_RESPONSE
from tabard.errors import ConfigurationInvalid
from tests.gateway.sample import SampleAuthenticator, SampleEngine

TRUSTED = "query Trusted { hello }"
OTHER = "query Other { hello }"
CHANGE = 'mutation Change { rename(name: "x") }'
UNKNOWN = "0" * 64
EVERY = [{"documents": {"mode": mode}} for mode in ("off", "prefer", "require")]
FIRST_TWO = pytest.mark.parametrize("settings", EVERY[:2])
REQUIRED = pytest.mark.parametrize("settings", EVERY[2:])
FOLDER = Path(__file__).resolve().parents[3] / "schema/operations"


@pytest.fixture
def app(engine: SampleEngine, settings: dict[str, Any]) -> Starlette:
    """The edge with two trusted documents."""
    manifest = Manifest({hash_of(text): text for text in (TRUSTED, CHANGE)})
    return create_app(Gateway(Configuration(**settings), engine, SampleAuthenticator(), manifest=manifest))


async def ask(client: httpx2.AsyncClient, accept: str = GRAPHQL_RESPONSE, **members: Any) -> httpx2.Response:
    """The answer to a request with these members."""
    client_name = members.pop("client_name", "")
    headers = {"accept": accept, "graphql-client-name": client_name}
    return await client.post("/graphql", json=members, headers=headers)


def link(text_or_hash: str, version: Any = 1) -> dict[str, Any]:
    """The extension of Apollo's protocol."""
    hashed = text_or_hash if len(text_or_hash) == 64 else hash_of(text_or_hash)
    return {"persistedQuery": {"version": version, "sha256Hash": hashed}}


def outcome(response: httpx2.Response) -> tuple[int, Any]:
    """The status, and the data or the code of the error."""
    content = response.json()
    return response.status_code, content.get("data") or content["errors"][0]["extensions"]["code"]


HELLO = (200, {"hello": "Hello, world!"})


@pytest.mark.parametrize("settings", EVERY[1:])
async def test_a_trusted_document_is_named_by_its_hash(client: httpx2.AsyncClient) -> None:
    named = f"sha256:{hash_of(TRUSTED)}"
    assert outcome(await ask(client, documentId=named)) == HELLO
    assert outcome(await ask(client, extensions=link(TRUSTED))) == HELLO
    assert outcome(await ask(client, documentId=named, extensions=link(TRUSTED), query=TRUSTED)) == HELLO
    assert outcome(await ask(client, query=TRUSTED)) == HELLO
    headers = {"graphql-require-preflight": "1", "accept": GRAPHQL_RESPONSE}
    assert outcome(await client.get("/graphql", params={"documentId": named}, headers=headers)) == HELLO
    change = {"documentId": f"sha256:{hash_of(CHANGE)}"}
    assert outcome(await ask(client, **change)) == (200, {"rename": "x"})
    assert (await client.get("/graphql", params=change, headers=headers)).status_code == 405


@FIRST_TWO
async def test_the_link_of_apollo_sends_a_hash_then_once_the_text(client: httpx2.AsyncClient) -> None:
    first = await ask(client, extensions=link(OTHER))
    assert outcome(first) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert first.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert outcome(await ask(client, query=OTHER, extensions=link(OTHER))) == HELLO
    assert outcome(await ask(client, extensions=link(OTHER))) == HELLO
    assert outcome(await ask(client, documentId=f"sha256:{hash_of(OTHER)}")) == HELLO


@FIRST_TWO
async def test_callers_of_plain_json_get_200_for_an_unknown_hash(client: httpx2.AsyncClient) -> None:
    response = await ask(client, "application/json", extensions=link(UNKNOWN))
    assert outcome(response) == (200, "PERSISTED_QUERY_NOT_FOUND")


@FIRST_TWO
async def test_what_cannot_be_executed_is_not_remembered(client: httpx2.AsyncClient) -> None:
    for text in ("{ nothing }", "{"):
        assert (await ask(client, query=text, extensions=link(text))).status_code == 400
        assert outcome(await ask(client, extensions=link(text))) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize("settings", [{"documents": {"mode": "off"}, "limits": {"cached_documents": 1}}])
async def test_a_forgotten_document_is_asked_for_again(client: httpx2.AsyncClient) -> None:
    for text in (OTHER, TRUSTED):
        assert outcome(await ask(client, query=text, extensions=link(text))) == HELLO
    assert outcome(await ask(client, extensions=link(OTHER))) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert outcome(await ask(client, extensions=link(TRUSTED))) == HELLO


@pytest.mark.promise("P8")
@pytest.mark.parametrize("settings", EVERY)
async def test_a_hash_that_is_not_that_of_the_text_is_refused(client: httpx2.AsyncClient) -> None:
    mismatch = (400, "PERSISTED_QUERY_HASH_MISMATCH")
    assert outcome(await ask(client, query=OTHER, extensions=link(TRUSTED))) == mismatch
    assert outcome(await ask(client, query=TRUSTED, documentId=f"sha256:{UNKNOWN}")) == mismatch
    assert outcome(await ask(client, query=TRUSTED + " ", extensions=link(TRUSTED))) == mismatch


@REQUIRED
async def test_nothing_else_is_executed_where_trusted_documents_are_required(
    client: httpx2.AsyncClient,
) -> None:
    refused = (403, "OPERATION_NOT_ALLOWED")
    assert outcome(await ask(client, query=OTHER)) == refused
    assert outcome(await ask(client, query=OTHER, extensions=link(OTHER))) == refused
    assert outcome(await ask(client, query="{ __typename }")) == refused
    assert outcome(await ask(client, query="not even GraphQL")) == refused
    assert outcome(await ask(client, documentId=f"sha256:{hash_of(OTHER)}")) == refused
    response = await ask(client, extensions=link(OTHER))
    assert outcome(response) == (400, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert response.json()["errors"][0]["message"] == "PersistedQueryNotSupported"


@pytest.mark.parametrize("settings", EVERY[:1])
async def test_the_manifest_is_not_looked_at_where_it_is_off(client: httpx2.AsyncClient) -> None:
    named = f"sha256:{hash_of(TRUSTED)}"
    assert outcome(await ask(client, documentId=named)) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    "settings", [{"documents": {"mode": "prefer", "clients": {"web": "require", "tool": "off"}}}]
)
async def test_a_client_may_be_held_to_more_but_never_to_less(client: httpx2.AsyncClient) -> None:
    refused = (403, "OPERATION_NOT_ALLOWED")
    assert outcome(await ask(client, query=OTHER, client_name="web")) == refused
    assert outcome(await ask(client, query=OTHER)) == HELLO
    named = f"sha256:{hash_of(TRUSTED)}"
    assert outcome(await ask(client, documentId=named, client_name="tool")) == HELLO
    apollo = {"apollographql-client-name": "web"}
    assert outcome(await client.post("/graphql", json={"query": OTHER}, headers=apollo)) == refused


def test_the_documents_of_a_folder_become_a_manifest_that_a_server_reads(tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    done = CliRunner().invoke(command_line, ["documents", "build", str(FOLDER), "--output", str(path)])
    assert done.exit_code == 0, done.output
    texts = [file.read_text(encoding="utf-8") for file in FOLDER.glob("*.graphql")]
    assert dict(read_manifest(path).texts) == {hash_of(text): text for text in texts}
    configuration = Configuration.model_validate({"documents": {"mode": "require", "manifest": path}})
    assert Installation(configuration).manifest.texts
    names = [operation["name"] for operation in json.loads(path.read_text())["operations"]]
    assert names == sorted(names)
    assert "sha256:" + hash_of(texts[0]) in done.output


def test_a_folder_with_documents_that_the_server_would_refuse_becomes_no_manifest(tmp_path: Path) -> None:
    for number, text in enumerate(
        ["query A { viewer { name } }", "query A { viewer { name } }", "{ viewer { name } }", "query B { no }",
         "query C {", "query D { viewer { name } } query E { viewer { name } }", "query F { #" + "x" * 70_000]
    ):  # fmt: skip
        (tmp_path / f"{number}.graphql").write_text(text)
    (tmp_path / "8.graphql").write_bytes(b"\xff")
    path = tmp_path / "documents.json"
    done = CliRunner().invoke(command_line, ["documents", "build", str(tmp_path), "--output", str(path)])
    assert done.exit_code == 2
    assert "7 thing(s) to mend" in done.output
    for problem in ("1.graphql: another", "2.graphql: it must", "3.graphql: Cannot query field 'no'",
                    "4.graphql: Syntax", "5.graphql: it must", "6.graphql: The document has too many bytes",
                    "8.graphql: it is not UTF-8"):  # fmt: skip
        assert problem in done.output
    assert not path.exists()


def test_an_empty_folder_is_told_apart(tmp_path: Path) -> None:
    done = CliRunner().invoke(command_line, ["documents", "build", str(tmp_path)])
    assert (done.exit_code, "there is no .graphql file" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        (b"{", "not JSON"),
        (b"[]", "its format"),
        (b'{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}', "its format"),
        (b'{"format": "apollo-persisted-query-manifest", "version": 1}', "no list"),
        (b'{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [1]}', "lacks its `id`"),
        (written([TrustedOperation("A", "query", TRUSTED)]).replace(b"hello", b"hallo"), "not the SHA-256"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_stops_the_start(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match=why):
        read_manifest(path)


def test_a_mode_without_a_manifest_stops_the_start() -> None:
    for trust in ({"mode": "prefer"}, {"clients": {"web": "require"}}):
        with pytest.raises(ConfigurationInvalid, match="DOCUMENTS__MANIFEST is missing"):
            _ = Installation(Configuration.model_validate({"documents": trust})).manifest
