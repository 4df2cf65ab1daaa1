"""The app: its addresses, and what goes round every answer."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import httpx2
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway import health
from gateway.logs import configure_logs
from tests.gateway.sample import SECRET, SampleEngine, SampleProbe

PATHS = ["/livez", "/readyz", "/schema.graphql", "/nothing"]


async def test_the_schema_is_served_as_text_that_clients_may_keep(
    client: httpx2.AsyncClient, engine: SampleEngine
) -> None:
    response = await client.get("/schema.graphql")
    assert (response.status_code, response.text) == (200, engine.schema_sdl)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    etag = response.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get("/schema.graphql", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/schema.graphql", headers={"if-none-match": '"other"'})).status_code == 200


async def test_the_head_of_an_address_can_be_asked_for(client: httpx2.AsyncClient) -> None:
    for path in PATHS[:3]:
        assert (await client.head(path)).status_code == 200


@pytest.mark.promise("P26")
async def test_a_server_lives_whatever_its_database_does(
    client: httpx2.AsyncClient, engine: SampleEngine
) -> None:
    engine.probes = [SampleProbe("database", "gone")]
    response = await client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


@pytest.mark.promise("P26")
async def test_a_server_is_ready_when_every_vital_probe_is_well(
    client: httpx2.AsyncClient, engine: SampleEngine
) -> None:
    engine.probes = [SampleProbe("database"), SampleProbe("plugin:renewals", "it fails", is_vital=False)]
    response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "probes": [{"name": "database", "isReady": True}, {"name": "plugin:renewals", "isReady": False}],
    }


@pytest.mark.promise("P26")
async def test_what_is_wrong_stands_in_the_log_and_not_in_the_answer(
    client: httpx2.AsyncClient, engine: SampleEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(logging.INFO)
    engine.probes = [SampleProbe("database", SECRET), SampleProbe("migrations")]
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "probes": [{"name": "database", "isReady": False}, {"name": "migrations", "isReady": True}],
    }
    entry = orjson.loads(capsys.readouterr().err)
    assert (entry["probe"], entry["problem"], entry["level"]) == ("database", SECRET, "warning")
    assert entry["request_id"] == response.headers["x-request-id"]


@pytest.mark.promise("P26")
@pytest.mark.parametrize("fault", ["raises", "hangs"])
async def test_a_server_whose_probes_fail_is_not_ready(
    client: httpx2.AsyncClient, engine: SampleEngine, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def ready() -> Sequence[SampleProbe]:
        if fault == "raises":
            raise ConnectionError(SECRET)
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(engine, "ready", ready)
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "probes": []})


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_an_id_and_the_headers_that_browsers_heed(
    client: httpx2.AsyncClient, path: str
) -> None:
    first, second = await client.get(path), await client.get(path)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["cross-origin-resource-policy"] == "same-origin"
    assert first.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert first.headers["cache-control"] == ("no-cache" if path == "/schema.graphql" else "no-store")


@pytest.mark.parametrize(
    "given", ["abcdefgh", "0" * 64, "a1b2-c3d4_e5.f6", "550e8400-e29b-41d4-a716-446655440000"]
)
async def test_a_callers_plain_id_is_taken_over(client: httpx2.AsyncClient, given: str) -> None:
    response = await client.get("/nothing", headers={"x-request-id": given})
    assert response.headers["x-request-id"] == given
    assert response.json()["errors"][0]["extensions"]["requestId"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "-abcdefgh", "abc defgh", "abcdefgh\t", "<script>", "ä" * 10]
)
async def test_any_other_id_is_replaced(client: httpx2.AsyncClient, given: str) -> None:
    headers = [(b"x-request-id", given.encode("latin-1"))]
    response = await client.get("/livez", headers=headers)
    assert response.headers["x-request-id"] != given
    assert len(response.headers["x-request-id"]) == 24


async def test_a_wrong_method_is_told_the_right_ones(client: httpx2.AsyncClient) -> None:
    assert (await client.put("/graphql")).headers["allow"] == "GET, POST, OPTIONS"
    allowed = (await client.post("/livez")).headers["allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD"}


@pytest.mark.promise("P11")
async def test_a_failure_outside_the_graph_is_masked_and_logged_too(
    app: Starlette, client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(logging.INFO, shows_messages=True)

    async def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    app.router.routes.append(Route("/fail", fail))
    response = await client.get("/fail")
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": response.headers["x-request-id"],
    }
    assert SECRET not in response.text
    entry = orjson.loads(capsys.readouterr().err)
    assert entry["request_id"] == response.headers["x-request-id"]
    assert entry["exception"].startswith("Traceback")
    assert entry["exception"].endswith(f"RuntimeError: {SECRET}")


async def test_a_failure_after_the_answer_began_is_left_to_the_server(app: Starlette) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("half an answer")

    class Half:
        """An application that breaks off."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await fail(scope, receive, send)

    app.router.routes.append(Route("/half", Half()))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        with pytest.raises(LookupError):
            await client.get("/half")
