"""Heads: what a request says before its body, however often it says it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from gateway.head import Head

NAMES = (b"accept", b"origin", b"x-request-id")
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=5)))


@given(PAIRS)
def test_a_header_is_read_as_by_starlette(pairs: list[tuple[bytes, bytes]]) -> None:
    head, headers = Head({"headers": pairs}), Headers(raw=pairs)
    for name in NAMES:
        known = name.decode()
        assert head.first(name) == headers.get(known, "")
        assert head.every(name) == headers.getlist(known)
        assert (name in head) == (known in headers)


def test_a_head_is_made_once_for_a_request() -> None:
    scope: dict[str, Any] = {"headers": [], "method": "POST"}
    assert Head.of(scope) is Head.of(scope)


def test_a_request_of_which_little_is_known_has_a_head_too() -> None:
    head = Head({"headers": iter([])})
    assert (head.method, head.address) == ("GET", "nowhere")
    assert Head({"headers": [], "client": ("10.0.0.7", 80)}).address == "10.0.0.7"
