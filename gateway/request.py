"""Request: reads what a client asks for, and refuses whatever is not plainly a GraphQL request."""

import re
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from gateway.codes import Code
from gateway.head import Head
from gateway.media import JSON, parse_media_type
from gateway.refusal import LimitExceeded, Refusal

STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
BODY = "The body"
NUL_ESCAPE = rb"\u0000"
OPENING, CLOSING = b"[{", b"]}"
# Deletes all but brackets, and turns these into the steps +1 and -1 of signed bytes.
STEPS = bytes.maketrans(OPENING + CLOSING, b"\x01\x01\xff\xff")
NO_BRACKETS = bytes(set(range(256)) - set(OPENING + CLOSING))


class GraphQLRequest(NamedTuple):
    """What a client asks for: a document, by its text or by its hash, and how to execute it."""

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    document_id: str | None


def require_json(head: Head) -> None:
    """Refuses a body that is declared as anything but plain JSON in UTF-8."""
    if any(encoding.strip().lower() != "identity" for encoding in head.every(b"content-encoding")):
        raise unsupported("The body is compressed.", {"accept-encoding": "identity"})
    declared = head.every(b"content-type")
    media_type = parse_media_type(declared[0]) if len(declared) == 1 else None
    if not media_type or media_type.name != JSON:
        raise unsupported("The body is not declared as `application/json`.")
    if not media_type.is_utf8:
        raise unsupported("The body is declared in another encoding than UTF-8.")


def unsupported(what: str, headers: dict[str, str] | None = None) -> Refusal:
    """The refusal of a body that is not declared as it must be."""
    code = Code.UNSUPPORTED_MEDIA_TYPE
    return Refusal(code, f"{what} {code.remedy}", headers=headers)


def parse_request(body: bytes, json_depth: int) -> GraphQLRequest:
    """Reads a body; members that are not GraphQL's are passed over."""
    value = parse_json(body, json_depth, BODY)
    if isinstance(value, list):
        raise Refusal(
            Code.BATCHING_DISABLED, f"{BODY} is a list of requests. {Code.BATCHING_DISABLED.remedy}"
        )
    return request_of(object_of(value, BODY))


def request_of(members: Mapping[str, Any]) -> GraphQLRequest:
    """The request that the members of an object make."""
    request = GraphQLRequest(
        text_of(members, "query"),
        text_of(members, "operationName"),
        map_of(members, "variables"),
        map_of(members, "extensions"),
        text_of(members, "documentId"),
    )
    if request.query is not None and not request.query.strip():
        raise malformed("`query` is empty.")
    return request


def idempotency_key_of(request: GraphQLRequest, head: Head | None = None) -> str | None:
    """The key in the header `Idempotency-Key` or in `extensions.idempotencyKey`; refuses two different ones."""
    given = [] if head is None else head.every(b"idempotency-key")
    extended = request.extensions.get("idempotencyKey")
    if not given and extended is None:
        return None
    keys = {key if isinstance(key, str) else "" for key in (*given, extended) if key is not None}
    if len(keys) > 1 or "" in keys:
        raise malformed("The idempotency key is no plain text, or two different ones are given.")
    return keys.pop()


def parse_object(text: bytes, json_depth: int, what: str) -> Mapping[str, Any]:
    """Reads a text as one JSON object."""
    return object_of(parse_json(text, json_depth, what), what)


def object_of(value: Any, what: str) -> Mapping[str, Any]:
    """The value if it is an object; refused otherwise."""
    if not isinstance(value, dict):
        raise malformed(f"{what} is JSON, but not an object.")
    return value


def parse_json(body: bytes, json_depth: int, what: str) -> Any:
    """Reads JSON that is not nested too deeply and that every database can store."""
    depth = nesting(body, json_depth)
    if depth > json_depth:
        raise LimitExceeded(Code.BAD_REQUEST, "JSON is nested too deeply", limit=json_depth, actual=depth)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Drops the quoted document from the error, and with it what the body holds.
        raise malformed(f"{what} is not JSON in UTF-8 ({error.msg}, at byte {error.pos}).") from None
    if NUL_ESCAPE in body and holds_nul(value):
        raise malformed(f"{what} holds the character U+0000, which no text may hold.")
    return value


def holds_nul(value: Any) -> bool:
    """Whether a text in the value has a NUL, which PostgreSQL cannot store; so no database is given one."""
    if isinstance(value, str):
        return "\0" in value
    items = [*value, *value.values()] if isinstance(value, dict) else value
    return isinstance(value, (dict, list)) and any(map(holds_nul, items))


def nesting(body: bytes, limit: int) -> int:
    """How deeply lists and objects are nested, without parsing them; 0 where it cannot pass the limit."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return 0
    steps = STRING.sub(b"", body).translate(STEPS, NO_BRACKETS)
    return max(accumulate(array("b", steps)), default=0)


def text_of(members: Mapping[str, Any], name: str) -> str | None:
    """A member that is a text; None when it is null or missing."""
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise malformed(f"`{name}` is neither a string nor null.")
    return value


def map_of(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; empty when it is null or missing."""
    value = members.get(name)
    if value is not None and not isinstance(value, dict):
        raise malformed(f"`{name}` is neither an object nor null.")
    return value or {}


def malformed(what: str) -> Refusal:
    """The refusal of a body that is no GraphQL request."""
    return Refusal(Code.BAD_REQUEST, f"{what} {Code.BAD_REQUEST.remedy}")
