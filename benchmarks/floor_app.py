"""Floor: the least that Python can answer the workloads with: no GraphQL, the statements as they were recorded."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import jwt
import orjson

from benchmarks.floor_databases import Postgres, Rows, Sqlite
from benchmarks.recording import Recorded, Recording
from tabard.storage.ids import IdFactory, encode_global_id

INNERMOST: Final = re.compile(r"FROM (\w+) WHERE")


class Floor:
    """A plain ASGI application; which workload a request is, its document's text tells."""

    def __init__(
        self,
        database: Sqlite | Postgres,
        recordings: dict[str, tuple[str, Recording, dict[str, Any]]],
        secrets: tuple[bytes, bytes],
        cursor_scope: str,
    ) -> None:
        self._database = database
        self._token_secret, self._cursor_secret = secrets
        self._scope = cursor_scope.encode() + b"\0"
        self._recordings = recordings
        self._answers: dict[str, Callable[[Any, dict[str, Any]], Awaitable[Any]]] = {
            text: getattr(self, f"_{name}") for name, (text, _, _) in recordings.items()
        }
        self._new_id = IdFactory(1023)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._database.open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message.get("more_body", False)
        answer = orjson.dumps({"data": await self._answer(scope, orjson.loads(body))})
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Any, request: dict[str, Any]) -> Any:
        token = next(value for name, value in scope["headers"] if name == b"authorization")[7:]
        claims = jwt.decode(token, self._token_secret, algorithms=["HS256"], audience="tabard")
        connection = await self._database.acquire()
        try:
            request["viewer"] = await self._viewer_of(connection, claims)
            return await self._answers[request["query"]](connection, request)
        finally:
            if connection is not None:
                self._database.release(connection)

    def _statement(self, workload: str, place: int) -> Recorded:
        return self._recordings[workload][1].statements[place]

    async def _viewer_of(self, connection: Any, claims: dict[str, Any]) -> dict[str, Any]:
        statement = self._statement("viewer", 0)
        portal, user = statement.values[0], statement.values[1]
        ids = {portal: int(claims["portal"]), user: int(claims["sub"])}
        values = [ids.get(value, value) for value in statement.values]
        rows = await self._database.fetch(connection, statement.text, values)
        viewer = dict(zip(statement.names, rows[0], strict=True))
        viewer["permissions"] = frozenset((viewer["permissions"] or "").split(","))
        tab = statement.names.index("tab")
        viewer["tabs"] = {
            row[tab]: (row[tab + 1], orjson.loads(row[tab + 2]), row[tab + 3])
            for row in rows
            if row[tab] is not None
        }
        return viewer

    async def _rows_of(
        self, connection: Any, workload: str, place: int, keys: list[int] | None = None
    ) -> Rows:
        """The rows of a recorded statement, with these keys where it was recorded with a list of keys."""
        statement = self._statement(workload, place)
        values = statement.values
        if keys is not None:
            given = self._database.keys(keys)
            values = [
                given if isinstance(value, list) or (isinstance(value, str) and value[:1] == "[") else value
                for value in values
            ]
        return await self._database.fetch(connection, statement.text, values)

    async def _viewer(self, connection: Any, request: dict[str, Any]) -> Any:
        viewer = request["viewer"]
        return {
            "viewer": {
                "name": viewer["user_name"],
                "isSuperAdmin": bool(viewer["is_super_admin"]),
                "hasServiceSeat": bool(viewer["has_seat"]),
                "locale": viewer["locale"],
                "timeZone": viewer["time_zone"],
            }
        }

    async def _page(self, connection: Any, request: dict[str, Any]) -> Any:
        rows, instant = await self._rows_of(connection, "page", 1), self._database.instant
        nodes = [
            {
                "id": encode_global_id("company", id),
                "name": name,
                "domain": domain,
                "industry": industry,
                "country": country,
                "employeeCount": count,
                "renewalOn": renewal,
                "createdAt": instant(created),
            }
            for id, name, domain, industry, country, count, renewal, created, _ in rows[:50]
        ]
        last = rows[49]
        payload = orjson.dumps([1, {"t": instant(last[8])}, last[0]])
        signature = hmac.digest(self._cursor_secret, self._scope + payload, hashlib.sha256)[:12]
        cursor = base64.urlsafe_b64encode(signature + payload).rstrip(b"=").decode()
        return {
            "companies": {"nodes": nodes, "pageInfo": {"hasNextPage": len(rows) > 50, "endCursor": cursor}}
        }

    async def _tiny(self, connection: Any, request: dict[str, Any]) -> Any:
        return {"__typename": "Query"}

    async def _rows(self, connection: Any, request: dict[str, Any]) -> Any:
        return await self._companies(connection, "rows", 1000)

    async def _few(self, connection: Any, request: dict[str, Any]) -> Any:
        return await self._companies(connection, "few", 20)

    async def _companies(self, connection: Any, workload: str, count: int) -> Any:
        rows, instant = await self._rows_of(connection, workload, 1), self._database.instant
        nodes = [
            {
                "id": encode_global_id("company", id),
                "name": name,
                "domain": domain,
                "industry": industry,
                "country": country,
                "employeeCount": count,
                "renewalOn": renewal,
                "createdAt": instant(created),
                "updatedAt": instant(updated),
                "version": version,
            }
            for id, name, domain, industry, country, count, renewal, created, updated, version in rows[:count]
        ]
        return {"companies": {"nodes": nodes}}

    async def _named(self, connection: Any, workload: str, place: int, ids: Sequence[Any]) -> dict[int, str]:
        wanted = list(dict.fromkeys(id for id in ids if id is not None))
        return {row[0]: row[1] for row in await self._rows_of(connection, workload, place, wanted)}

    async def _nested(self, connection: Any, request: dict[str, Any]) -> Any:
        companies = (await self._rows_of(connection, "nested", 1))[:50]
        ids = [row[0] for row in companies]
        owners = await self._named(
            connection, "nested", self._place("nested", "app_user"), [r[2] for r in companies]
        )
        contacts: dict[int, list[Any]] = {id: [] for id in ids}
        for parent, id, email in await self._rows_of(
            connection, "nested", self._place("nested", "contact"), ids
        ):
            contacts[parent].append({"id": encode_global_id("contact", id), "email": email})
        deals = await self._rows_of(connection, "nested", self._place("nested", "deal"), ids)
        labels = await self._named(
            connection, "nested", self._place("nested", "stage"), [r[3] for r in deals]
        )
        stages = {id: {"id": encode_global_id("stage", id), "label": label} for id, label in labels.items()}
        of_company: dict[int, list[Any]] = {id: [] for id in ids}
        for parent, id, name, stage in deals:
            of_company[parent].append(
                {"id": encode_global_id("deal", id), "name": name, "stage": stages[stage]}
            )
        people = {id: {"id": encode_global_id("user", id), "name": name} for id, name in owners.items()}
        nodes = [
            {
                "id": encode_global_id("company", id),
                "name": name,
                "owner": people.get(owner),
                "contacts": {"nodes": contacts[id][:3]},
                "deals": {"nodes": of_company[id][:3]},
            }
            for id, name, owner in companies
        ]
        return {"companies": {"nodes": nodes}}

    def _place(self, workload: str, table: str) -> int:
        for place, statement in enumerate(self._recordings[workload][1].statements[1:], start=1):
            if INNERMOST.search(statement.text.replace("\n", " ")).group(1) == table:  # type: ignore[union-attr]
                return place
        raise KeyError(table)

    async def _board(self, connection: Any, request: dict[str, Any]) -> Any:
        await self._rows_of(connection, "board", 1)
        columns: dict[int, dict[str, Any]] = {}
        for _, id, _, label, _, _, currency, records, minor in await self._rows_of(connection, "board", 2):
            column = columns.setdefault(
                id, {"label": label, "recordCount": 0, "totals": [], "deals": {"nodes": []}}
            )
            column["recordCount"] += records or 0
            if currency is not None and minor is not None:
                column["totals"].append((currency, minor))
        deals = await self._rows_of(connection, "board", self._place("board", "deal"), list(columns))
        shown: dict[int, list[Any]] = {id: [] for id in columns}
        for row in deals:
            shown[row[0]].append(row)
        cut = [row for rows in shown.values() for row in rows[:20]]
        companies = await self._named(
            connection, "board", self._place("board", "company"), [r[3] for r in cut]
        )
        owners = await self._named(connection, "board", self._place("board", "app_user"), [r[4] for r in cut])
        firms = {id: {"id": encode_global_id("company", id), "name": name} for id, name in companies.items()}
        people = {id: {"id": encode_global_id("user", id), "name": name} for id, name in owners.items()}
        for id, column in columns.items():
            column["totals"] = [
                {"amount": _amount(minor, currency), "currencyCode": currency}
                for currency, minor in sorted(column["totals"])
            ]
            column["deals"]["nodes"] = [
                {
                    "id": encode_global_id("deal", row[1]),
                    "name": row[2],
                    "company": firms.get(row[3]),
                    "owner": people.get(row[4]),
                }
                for row in shown[id][:20]
            ]
        return {"workspace": {"revenue": {"board": {"stages": list(columns.values())}}}}

    async def _move(self, connection: Any, request: dict[str, Any]) -> Any:
        _, recording, marks = self._recordings["move"]
        asked = request["variables"]
        known = {marks["deal"]: _decoded(asked["record"]), marks["stage"]: _decoded(asked["stage"])}
        writes = []
        for statement in recording.statements[1:]:
            if not statement.is_write:
                continue
            values = [
                known.get(value, value) if isinstance(value, int) else value for value in statement.values
            ]
            for place, name in enumerate(statement.names):
                if name == "id":
                    values[place] = self._new_id()
            writes.append((statement.text, values))
        await self._database.write(connection, writes)
        place = len(recording.statements) - 1
        row = (await self._rows_of(connection, "move", place, [known[marks["deal"]]]))[0]
        record = {"id": encode_global_id("deal", row[0]), "version": row[1]}
        return {"recordMoveStage": {"record": record, "userErrors": []}}


def _amount(minor: int, currency: str) -> str:
    return str(Decimal(minor)) if currency == "JPY" else str(Decimal(minor).scaleb(-2))


def _decoded(global_id: str) -> int:
    id = 0
    for digit in global_id[-13:]:
        id = id << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(digit)
    return id
