"""SDL: the schema as a text that frontends fetch and keep."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


class SchemaText:
    """Answers `GET /schema.graphql`; who has the text already gets 304."""

    def __init__(self, sdl: str) -> None:
        self._body = sdl.encode()
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()}"'

    async def serve(self, request: Request) -> Response:
        """The text, or word that it has not changed."""
        headers = {"etag": self._etag, "cache-control": "no-cache"}
        if self._is_known(request.headers.getlist("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(self._body, headers=headers, media_type="text/plain")

    def _is_known(self, etags: list[str]) -> bool:
        known = {etag.strip().removeprefix("W/") for value in etags for etag in value.split(",")}
        return not known.isdisjoint({self._etag, "*"})
