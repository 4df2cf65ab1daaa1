"""Requests by `GET`, of foreign pages and by hash that must be refused."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from gateway.codes import Code
from tests.gateway.hostile import ACCEPTED, HELLO, JSON_BODY, Headers, Hostile, json_of, lines

PREFLIGHT: Headers = (("graphql-require-preflight", "1"), *ACCEPTED)
HASH = "0" * 64
NO_QUERY_STRINGS = r"""
query
query=
query=%20
Query=%7Bhello%7D
query=%7Bhello%7D&query=%7Bhello%7D
query=%7Bhello%7D&operationName=A&operationName=A
query=%FF
query=%7Bhello%7D&variables=%7B
query=%7Bhello%7D&variables=null
query=%7Bhello%7D&variables=1
query=%7Bhello%7D&variables=%22%22
query=%7Bhello%7D&variables=%7B%22a%22%3ANaN%7D
query=%7Bhello%7D&variables=%FE
query=%7Bhello%7D&variables=%7B%7D%7B%7D
query=%7Bhello%7D&extensions=true
query=%7Bhello%7D&extensions=%7B%22a%22%3A
variables=%7B%7D
documentId=
documentId=sha256
"""
NO_HASHES = r"""
""
"sha256"
"sha256:"
"sha256:0"
"sha512:0000000000000000000000000000000000000000000000000000000000000000"
"0000000000000000000000000000000000000000000000000000000000000000"
"SHA256:0000000000000000000000000000000000000000000000000000000000000000"
"sha256:000000000000000000000000000000000000000000000000000000000000000G"
"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"sha256: 0000000000000000000000000000000000000000000000000000000000000000"
"sha256:0000000000000000000000000000000000000000000000000000000000000000\n"
"sha256:００００００００００００００００００００００００００００００００００００００００００００００００００００００００００００００００"
"../../../etc/passwd"
1
true
[]
{}
"""
NO_LINKS = r"""
1
""
[]
true
{}
{"version": 1}
{"sha256Hash": 1, "version": 1}
{"sha256Hash": null, "version": 1}
{"sha256Hash": "abc", "version": 1}
{"sha256Hash": ["0"], "version": 1}
"""
OTHER_LINKS = r"""
{"sha256Hash": "%s"}
{"version": 2, "sha256Hash": "%s"}
{"version": "1", "sha256Hash": "%s"}
{"version": null, "sha256Hash": "%s"}
"""
FOREIGN = r"""
null
*
https://evil.example
http://testserver.evil.example
http://testserver@evil.example
http://evil.example/testserver
file://
testserver
//testserver
http://[::1
http://testserver http://evil.example
javascript://testserver
"""


def get(name: str, code: Code, query: str, headers: Headers = PREFLIGHT) -> Hostile:
    """A request by `GET`."""
    return Hostile(f"get: {name}", code, b"", "GET", f"/graphql?{query}", headers)


def asked(**members: Any) -> str:
    """The members as an address holds them."""
    return urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()}
    )


def query_strings() -> Iterator[Hostile]:
    """Addresses that hold no request, or one that must be refused."""
    for text in ["", *lines(NO_QUERY_STRINGS)]:
        yield get(repr(text), Code.BAD_REQUEST, text)
    hello = asked(query="{ hello }")
    yield get("a list of variables", Code.BAD_REQUEST, asked(query="{ hello }", variables=[1]))
    deep = "%7B%22a%22%3A" * 70 + "1" + "%7D" * 70
    yield get("variables nested 70 deep", Code.BAD_REQUEST, f"{hello}&variables={deep}")
    yield get("300 parameters", Code.BAD_REQUEST, hello + "&a=1" * 300)
    yield get("a syntax error", Code.GRAPHQL_PARSE_FAILED, asked(query="{"))
    yield get("an unknown field", Code.GRAPHQL_VALIDATION_FAILED, asked(query="{ helo }"))
    yield get("another name", Code.OPERATION_RESOLUTION_FAILURE, asked(query="{ hello }", operationName="A"))
    number = asked(query="query ($n: Int!) { companies(first: $n) { id } }", variables={"n": "1"})
    yield get("a wrong variable", Code.BAD_USER_INPUT, number)
    change = 'mutation M { rename(name: "x") }'
    yield get("a mutation", Code.METHOD_NOT_ALLOWED, asked(query=change))
    both = asked(query=f"query Q {{ hello }} {change}", operationName="M")
    yield get("a mutation beside a query", Code.METHOD_NOT_ALLOWED, both)
    yield get("nothing that is served", Code.NOT_ACCEPTABLE, hello, (PREFLIGHT[0], ("accept", "text/html")))
    yield get("a forged token", Code.UNAUTHENTICATED, hello, (*PREFLIGHT, ("authorization", "Bearer forged")))
    yield get("2,000 aliases", Code.TOKEN_LIMIT_EXCEEDED, "query=%7B" + "a%20" * 2_100 + "%7D")


def simple_requests() -> Iterator[Hostile]:
    """What any page can make a browser send."""
    hello = asked(query="{ hello }")
    simple: dict[str, Headers] = {
        "no header": (),
        "a simple content type": (("content-type", "text/plain"),),
        "an empty header": (("graphql-require-preflight", ""),),
        "a similar header": (("graphql-require-preflights", "1"),),
        "a cookie": (("cookie", "session=1"),),
        "a referer": (("referer", "http://testserver/"),),
    }
    for name, headers in simple.items():
        yield get(f"csrf: {name}", Code.CSRF_PREVENTED, hello, (*headers, *ACCEPTED))
    for origin in lines(FOREIGN):
        page: Headers = (("origin", origin),)
        yield Hostile(f"origin: {origin}", Code.ORIGIN_NOT_ALLOWED, headers=JSON_BODY + ACCEPTED + page)
        yield get(f"origin: {origin}", Code.ORIGIN_NOT_ALLOWED, hello, PREFLIGHT + page)
        leave: Headers = (*page, ("access-control-request-method", "POST"))
        yield Hostile(f"preflight: {origin}", Code.ORIGIN_NOT_ALLOWED, b"", "OPTIONS", headers=leave)
    both: Headers = (("origin", "http://testserver"), ("origin", "https://evil.example"))
    yield Hostile("origin: two", Code.ORIGIN_NOT_ALLOWED, headers=JSON_BODY + ACCEPTED + both)


def hashes() -> Iterator[Hostile]:
    """Documents named by what is no hash, or by one that nobody knows."""
    for text in lines(NO_HASHES):
        yield Hostile(f"documentId: {text}", Code.BAD_REQUEST, f'{{"documentId": {text}}}'.encode())
    for text in lines(NO_LINKS):
        body = f'{{"extensions": {{"persistedQuery": {text}}}}}'
        yield Hostile(f"persistedQuery: {text}", Code.BAD_REQUEST, body.encode())
    for text in lines(OTHER_LINKS):
        body = f'{{"extensions": {{"persistedQuery": {text % HASH}}}}}'
        yield Hostile(f"persistedQuery: {text}", Code.PERSISTED_QUERY_NOT_SUPPORTED, body.encode())
    link = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
    unknown, wrong = Code.PERSISTED_QUERY_NOT_FOUND, Code.PERSISTED_QUERY_HASH_MISMATCH
    yield Hostile("hash: unknown to the link", unknown, json_of(extensions=link))
    yield Hostile("hash: unknown", unknown, json_of(documentId=f"sha256:{HASH}"))
    yield get("an unknown hash", unknown, asked(extensions=link))
    yield Hostile("hash: of another text", wrong, json_of(query="{ hello }", extensions=link))
    yield Hostile("hash: of another document", wrong, json_of(query="{ hello }", documentId=f"sha256:{HASH}"))
    two = json_of(documentId=f"sha256:{'1' * 64}", extensions=link)
    yield Hostile("hash: two different ones", Code.BAD_REQUEST, two)


def keys() -> Iterator[Hostile]:
    """Idempotency keys that are none."""
    for name, given in {"two": ("a", "b"), "empty": ("",)}.items():
        headers = tuple(("idempotency-key", key) for key in given)
        yield Hostile(f"key: {name}", Code.BAD_REQUEST, HELLO, headers=JSON_BODY + ACCEPTED + headers)
    wrong: tuple[Any, ...] = (1, "", [], {}, True)
    for value in wrong:
        body = json_of(query="{ hello }", extensions={"idempotencyKey": value})
        yield Hostile(f"key: {value!r}", Code.BAD_REQUEST, body)
