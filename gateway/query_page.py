"""Query page: `/graphiql`, where people try queries: GraphiQL where it is built, else a small page of our own.

Everything comes from this server, and a browser is told to fetch from nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Final

import orjson
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.address import is_loopback
from gateway.assets import HERE, Assets
from gateway.examples import Example
from gateway.identity.guests import Guests
from gateway.load import Load

STATIC: Final = HERE / "static"
POLICY: Final = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "worker-src": "'self'",
}
# The editor in GraphiQL places its lines by style attributes; its style sheet holds icons and fonts.
GRAPHIQL_POLICY: Final = POLICY | {
    "font-src": "'self' data:",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",
}
# Not left to the system's table, which on some machines calls a script plain text; browsers then refuse it.
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
# A name or an address with at most a port: what else a URL may hold has no place in `Host`.
HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
FORWARDED: Final = re.compile(
    r"(x-)?forwarded.*|via|(x-)?(real|client|original|cluster-client)-?ip|true-client-ip|cf-connecting-ip"
    r"|x-(original|envoy|amzn|cloud)-.*"
)


class QueryPage:
    """The page and what it fetches; with guests it also hands out their tokens, on this machine only."""

    def __init__(
        self, assets: Assets, examples: Sequence[Example], load: Load, guests: Guests | None
    ) -> None:
        self._assets = assets
        self._load = load
        self._examples = orjson.dumps([example.shown() for example in examples])
        self._guests = guests

    @property
    def routes(self) -> list[BaseRoute]:
        """Its addresses."""
        return [
            Route("/", self.start),
            Route("/graphiql", self.page),
            Route("/graphiql/examples", self.examples),
            *([Route("/graphiql/personas", self.personas)] if self._guests else []),
            Mount("/graphiql/static", Files(STATIC, "no-cache")),
            Mount("/graphiql/built", Files(self._assets.built, "public, max-age=31536000, immutable")),
        ]

    def start(self, _: Request) -> Response:
        """A few words on what is served here, and links."""
        return page(STATIC / "start.html", POLICY)

    def page(self, _: Request) -> Response:
        """GraphiQL, or the small page as long as it is not built."""
        if self._assets.is_current:
            return page(self._assets.built / "index.html", GRAPHIQL_POLICY)
        return page(STATIC / "query.html", POLICY)

    async def examples(self, _: Request) -> Response:
        """The documents to start from."""
        return Response(self._examples, media_type="application/json")

    async def personas(self, request: Request) -> Response:
        """Who one can be, each with a token, for pages of this server in a browser on this machine."""
        if self._guests is None or not is_private(request):
            raise HTTPException(404)
        self._load.require_running()
        guests = [asdict(guest) for guest in await self._guests.all()]
        return Response(orjson.dumps(guests), media_type="application/json")


class Files(StaticFiles):
    """Files of the page."""

    def __init__(self, folder: Path, cache_control: str) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._cache_control = cache_control

    async def check_config(self) -> None:
        """Nothing: GraphiQL's folder may come while the server runs, and what is not there is not found."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file with its type and how long to keep it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = self._cache_control
        media_type = MEDIA_TYPES.get(PurePath(full_path).suffix)
        if media_type and response.status_code == 200:
            response.headers["content-type"] = media_type
        return response


def page(file: Path, policy: dict[str, str]) -> Response:
    """A page, and what a browser may do for it."""
    rules = "; ".join(f"{name} {value}" for name, value in policy.items())
    return FileResponse(file, headers={"content-security-policy": rules, "cache-control": "no-store"})


def is_private(request: Request) -> bool:
    """Whether a request comes from a page of ours, or a program, on this machine.

    A page of another site that has its name lead here says so in `Host`, one that asks across sites in
    `Sec-Fetch-Site`, and a proxy in its own headers.
    """
    headers = request.headers
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and is_loopback(host_of(headers))
        and headers.get("sec-fetch-site", "same-origin") == "same-origin"
        and not any(map(FORWARDED.fullmatch, headers))
    )


def host_of(headers: Headers) -> str:
    """The host that a request names, without its port; empty when it names none, two, or something else."""
    named = headers.getlist("host")
    found = HOST.fullmatch(named[0]) if len(named) == 1 else None
    return found["name"].strip("[]") if found else ""
