"""Query string: reads the request that the address of a `GET` holds."""

from typing import Any
from urllib.parse import parse_qsl

from gateway.codes import Code
from gateway.head import Head
from gateway.identity.credentials import BEARER
from gateway.refusal import Refusal
from gateway.request import GraphQLRequest, malformed, parse_object, request_of

MEMBERS = frozenset({"query", "operationName", "variables", "extensions", "documentId"})
OBJECTS = ("variables", "extensions")
MOST_FIELDS = 100
# No browser sends one of these for a foreign page before the server has agreed; Apollo's clients send theirs
# without being told to.
PREFLIGHT = (
    b"graphql-require-preflight",
    b"apollo-require-preflight",
    b"x-apollo-operation-name",
    b"x-requested-with",
)


def require_preflight(head: Head) -> None:
    """Refuses a request that any page could make a browser send; none adds a bearer token by itself."""
    has_token = BEARER.fullmatch(head.first(b"authorization"))
    if not has_token and not any(map(head.first, PREFLIGHT)):
        code = Code.CSRF_PREVENTED
        raise Refusal(code, f"{code.meaning} {code.remedy}")


def parse_query_string(text: bytes, json_depth: int) -> GraphQLRequest:
    """Reads an address; parameters that are not GraphQL's are passed over."""
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise malformed("The address holds too many parameters, or some that are not UTF-8.") from None
    given = [(name, value) for name, value in pairs if name in MEMBERS]
    members: dict[str, Any] = dict(given)
    if len(members) < len(given):
        raise malformed("The address names a parameter twice.")
    # An address cannot say null: the protocol takes an empty name for none.
    members["operationName"] = members.get("operationName") or None
    for name in OBJECTS:
        if text_of_object := members.pop(name, ""):
            members[name] = parse_object(text_of_object.encode(), json_depth, f"`{name}`")
    return request_of(members)
