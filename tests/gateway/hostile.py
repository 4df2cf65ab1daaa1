"""Requests that no well-meaning client sends, each with the code it must be refused with."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.codes import Code
from gateway.media import GRAPHQL_RESPONSE

Headers = tuple[tuple[str, str], ...]

HELLO = b'{"query": "{ hello }"}'
JSON_BODY: Headers = (("content-type", "application/json"),)
ACCEPTED: Headers = (("accept", GRAPHQL_RESPONSE),)
NO_REQUESTS = """
null
true
0
1.5
""
"query"
"{ hello }"
{}
{"Query": "{ hello }"}
{"a": {"query": "{ hello }"}}
{"variables": {}, "operationName": "A"}
"""
BATCHES = """
[]
[1]
[[]]
[null]
[{"query": "{ hello }"}]
[{"query": "{ hello }"}, {"query": "{ hello }"}]
"""
NO_QUERIES = r"""
null
false
0
1
""
" \n"
[]
["{ hello }"]
{}
{"kind": "Document"}
"""
NO_MAPS = """
false
true
0
1
2.5
""
"null"
"{}"
[]
[null]
[{"a": 1}]
"""
NO_NAMES = """
false
true
0
1
2.5
[]
["A"]
{}
{"name": "A"}
"""
CONTENT_TYPES = r"""
json
application
application/
/json
*/*
application/*
application/json2
xapplication/json
application/jsonp
text/json
text/plain
text/html
application/graphql
application/graphql+json
application/graphql-response+json
application/x-www-form-urlencoded
multipart/form-data; boundary=x
application/octet-stream
application/ json
application /json
application/json, text/plain
application/json,
application/json; charset
application/json; charset=
application/json; charset=utf-16
application/json; charset=latin-1
application/json; charset="utf-7"
application/json; =utf-8
application/json; charset=utf-8; charset=utf-16
application/json charset=utf-8
application/json; charset="utf-8
"""
ACCEPTS = r"""
text/html
application/xml
multipart/mixed
json
*
*/json
application/json2
application/json;q=0
*/*;q=0
application/*; q=0.000
application/json;q=2
application/json;q=-1
application/json;q=high
application/json; charset=utf-16
,,,
;
/
text/html, */*;q=0
"application/json"
application/json;q="
"""
AUTHORIZATIONS = r"""
Bearer
Bearer  good
Bearer good bad
good
Basic Z29vZDpnb29k
Bearer gööd
Bearer good,
Bearer forged
bearer: good
Digest username=good
Bearer good; Bearer good
Token good
Bearer =good
"""


@dataclass(frozen=True)
class Hostile:
    """A request, and the code of the refusal that it must meet."""

    name: str
    code: Code
    body: bytes = HELLO
    method: str = "POST"
    path: str = "/graphql"
    headers: Headers = JSON_BODY + ACCEPTED


def lines(texts: str) -> list[str]:
    """The lines of one of the lists above."""
    return texts.strip().splitlines()


def json_of(**members: Any) -> bytes:
    """A body."""
    return json.dumps(members).encode()


def bodies() -> Iterator[Hostile]:
    """Bytes that are no JSON, or more than anyone should read."""
    for name, body in [*wrong_json(), *wrong_bytes(), *deep_json()]:
        yield Hostile(f"body: {name}", Code.BAD_REQUEST, body)
    megabyte = 1_048_576
    yield Hostile("body: a megabyte of blanks", Code.PAYLOAD_TOO_LARGE, HELLO + b" " * megabyte)
    yield Hostile("body: a megabyte of query", Code.PAYLOAD_TOO_LARGE, json_of(query="#" * megabyte))


def wrong_json() -> Iterator[tuple[str, bytes]]:
    """Texts that are nearly JSON."""
    yield "nothing", b""
    yield "a blank", b" "
    yield "a word", b"query"
    yield "a document", b"{ hello }"
    yield "half an object", b'{"query": "{ hello }"'
    yield "a trailing comma", b'{"query": "{ hello }",}'
    yield "two objects", HELLO * 2
    yield "single quotes", b"{'query': '{ hello }'}"
    yield "a comment", b'{"query": "{ hello }" /* hello */}'
    yield "a form", b"query=%7Bhello%7D"
    yield "a control character", b'{"query": "{ hello }\x01"}'
    for name, number in {
        "NaN": b"NaN",
        "infinity": b"Infinity",
        "a number too large": b"1e400",
        "an integer of 100,000 digits": b"9" * 100_000,
        "a leading zero": b"01",
        "a hexadecimal number": b"0x1",
    }.items():
        yield name, b'{"query": "{ hello }", "variables": {"a": ' + number + b"}}"


def wrong_bytes() -> Iterator[tuple[str, bytes]]:
    """Bytes that are no UTF-8, or not of a text at all."""
    yield "a NUL", b"\x00"
    yield "a NUL at the end", HELLO + b"\x00"
    yield "invalid UTF-8", b'{"query": "{ hello }\xff"}'
    yield "overlong UTF-8", b'{"query": "{ hello }\xc0\xaf"}'
    yield "half a UTF-8 character", b'{"query": "{ hello }\xe2\x82"}'
    yield "a UTF-8 surrogate", b'{"query": "{ hello }\xed\xa0\x80"}'
    yield "an escaped lone surrogate", b'{"query": "{ hello(name: \\"\\ud800\\") }"}'
    yield "a byte order mark", b"\xef\xbb\xbf" + HELLO
    yield "UTF-16", HELLO.decode().encode("utf-16")
    yield "UTF-16 without mark", HELLO.decode().encode("utf-16-le")
    yield "UTF-32", HELLO.decode().encode("utf-32")
    yield "Latin-1", '{"query": "{ hello(name: \\"é\\") }"}'.encode("latin-1")
    yield "gzip that nobody declared", gzip.compress(HELLO, mtime=0)
    yield "an image", b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def deep_json() -> Iterator[tuple[str, bytes]]:
    """JSON nested deeper than a parser's stack, or than any use."""
    start = b'{"query": "{ hello }", '
    yield "open lists nested 20,000 deep", b"[" * 20_000
    yield "lists nested 20,000 deep", b"[" * 20_000 + b"]" * 20_000
    yield "objects nested 20,000 deep", b'{"a":' * 20_000
    yield (
        "variables nested 20,000 deep",
        start + b'"variables": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}",
    )
    yield "variables nested 70 deep", start + b'"variables": ' + b'{"a":' * 70 + b"1" + b"}" * 71
    yield "extensions nested 500 deep", start + b'"extensions": ' + b'{"a":[' * 250 + b"]}" * 250 + b"}"


def shapes() -> Iterator[Hostile]:
    """JSON that is no GraphQL request."""
    for text in lines(NO_REQUESTS):
        yield Hostile(f"shape: {text}", Code.BAD_REQUEST, text.encode())
    for text in lines(BATCHES):
        yield Hostile(f"batch: {text}", Code.BATCHING_DISABLED, text.encode())
    for text in lines(NO_QUERIES):
        yield Hostile(f"query: {text}", Code.BAD_REQUEST, f'{{"query": {text}}}'.encode())
    for member, wrong in (("variables", NO_MAPS), ("extensions", NO_MAPS), ("operationName", NO_NAMES)):
        for text in lines(wrong):
            body = f'{{"query": "query A {{ hello }}", "{member}": {text}}}'
            yield Hostile(f"{member}: {text}", Code.BAD_REQUEST, body.encode())


def content_types() -> Iterator[Hostile]:
    """Bodies that are declared as something else, or as nothing readable."""
    code = Code.UNSUPPORTED_MEDIA_TYPE
    for value in [*lines(CONTENT_TYPES), "", "application/json;" + " ;" * 2_000 + "x"]:
        headers = (("content-type", value), *ACCEPTED)
        yield Hostile(f"content-type: {value[:60]!r}", code, headers=headers)
    yield Hostile("content-type: none", code, headers=ACCEPTED)
    yield Hostile("content-type: twice", code, headers=JSON_BODY * 2 + ACCEPTED)
    for value in ("gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "x", ""):
        headers = (*JSON_BODY, ("content-encoding", value), *ACCEPTED)
        yield Hostile(f"content-encoding: {value!r}", code, gzip.compress(HELLO, mtime=0), headers=headers)


def accepts() -> Iterator[Hostile]:
    """Callers that accept nothing that is served."""
    for value in [*lines(ACCEPTS), "a" * 4_000, ", ;" * 1_000]:
        headers = (*JSON_BODY, ("accept", value))
        yield Hostile(f"accept: {value[:60]!r}", Code.NOT_ACCEPTABLE, headers=headers)


def addresses() -> Iterator[Hostile]:
    """Other methods and other addresses."""
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY"):
        yield Hostile(f"method: {method}", Code.METHOD_NOT_ALLOWED, method=method)
    for path in ("/schema.graphql", "/livez", "/readyz"):
        yield Hostile(f"method: POST {path}", Code.METHOD_NOT_ALLOWED, path=path)
    for path in (
        "/",
        "/graphql/",
        "//graphql",
        "/GraphQL",
        "/graphql%00",
        "/a/../etc/passwd",
        "/.env",
        "/graphiql",
    ):
        yield Hostile(f"address: {path}", Code.NOT_FOUND, path=path)


def credentials() -> Iterator[Hostile]:
    """Tokens that are none of ours, and headers that hold no token."""
    good = ("authorization", "Bearer good")
    for value in [*lines(AUTHORIZATIONS), "", "Bearer " + "a" * 4_000]:
        headers = (*JSON_BODY, *ACCEPTED, ("authorization", value))
        yield Hostile(f"authorization: {value[:60]!r}", Code.UNAUTHENTICATED, headers=headers)
    yield Hostile("authorization: twice", Code.UNAUTHENTICATED, headers=(*JSON_BODY, *ACCEPTED, good, good))
