"""Messages: what clients and server say to each other in `graphql-transport-ws`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import orjson
from starlette.responses import Response

import gateway.request
from gateway.request import GraphQLRequest, map_of, parse_object
from tabard.errors import GraphError

SUBPROTOCOL: Final = "graphql-transport-ws"
# A close frame holds two bytes of code and this many of reason.
LONGEST_REASON: Final = 123


class Closing(IntEnum):
    """Why the server closes a socket; the codes of the protocol, and those of WebSockets themselves."""

    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_UNKNOWN = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    FAILURE = 4500
    RESTARTING = 1012
    TRY_LATER = 1013


class Closed(Exception):
    """Ends a connection; without a code the client has ended it."""

    def __init__(self, code: Closing | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")


def parse_message(text: str, json_depth: int) -> Mapping[str, Any]:
    """Reads a message; closes the connection for what is none."""
    try:
        return parse_object(text.encode(), json_depth, "The message")
    except (GraphError, UnicodeEncodeError):
        raise bad("The message is not one JSON object.") from None


def bad(why: str) -> Closed:
    """The end of a connection whose client does not keep to the protocol."""
    return Closed(Closing.BAD_MESSAGE, why)


def id_of(message: Mapping[str, Any]) -> str:
    """The message's operation."""
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise bad("The message has no `id` that is a text.")
    return id


def payload_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message's payload; an empty one where there is none."""
    try:
        return map_of(message, "payload")
    except GraphError:
        raise bad("The message's `payload` is not an object.") from None


def request_of(message: Mapping[str, Any]) -> GraphQLRequest:
    """What a `subscribe` message asks for, by a text or by the hash of one."""
    payload = payload_of(message)
    if not isinstance(payload.get("query"), str) and hash_in(payload) is None:
        raise bad("The payload's `query` is no text.")
    try:
        return gateway.request.request_of(payload)
    except GraphError as error:
        raise bad(error.message) from None


def hash_in(payload: Mapping[str, Any]) -> Any:
    """What names a document in place of its text."""
    extensions = payload.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    return payload.get("documentId") or persisted


def written(type_: str, **members: Any) -> str:
    """A message of the server."""
    return orjson.dumps({"type": type_, **members}).decode()


def told(id: str, response: Response) -> str:
    """The message of one answer."""
    return written("next", id=id, payload=orjson.Fragment(bytes(response.body)))


def refused(id: str, response: Response) -> str:
    """The message of a refusal, after which nothing comes."""
    return written("error", id=id, payload=orjson.loads(response.body)["errors"])
