"""A cursor gives back the values it was made of, and only where it was made."""

import base64
import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.cursors import SIGNATURE_BYTES, Cursors
from tabard.errors import InvalidCursor

pytestmark = pytest.mark.promise("P6")

SECRET = b"0123456789abcdef"
CURSORS = Cursors(SECRET)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC) | OFFSETS),
    st.decimals(allow_nan=False, allow_infinity=False),
)
PLACES = st.lists(VALUES, max_size=4)
REFUSED = (
    r"^This cursor does not belong to this list; start without a cursor, or use one the same list returned\.$"
)


def typed(values: list[Any]) -> list[tuple[type, Any]]:
    """Values that differ where only their types do, such as 1 and True."""
    return [(type(value), value) for value in values]


def signed(scope: str, payload: bytes, secret: bytes = SECRET) -> str:
    """A cursor of any payload with a right signature."""
    signature = hmac.digest(secret, scope.encode() + b"\0" + payload, hashlib.sha256)[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(signature + payload).rstrip(b"=").decode()


@given(st.text(), PLACES)
def test_decode_inverts_encode(scope: str, values: list[Any]) -> None:
    decoded = CURSORS.decode(scope, CURSORS.encode(scope, values), len(values))

    assert typed(decoded) == typed(values)


@given(PLACES, st.data())
def test_flipped_bit_is_refused(values: list[Any], data: st.DataObject) -> None:
    cursor = CURSORS.encode("1|Query.deals", values)
    place = data.draw(st.integers(0, len(cursor) - 1))
    bit = data.draw(st.integers(0, 6))
    forged = cursor[:place] + chr(ord(cursor[place]) ^ 1 << bit) + cursor[place + 1 :]

    with pytest.raises(InvalidCursor, match=REFUSED):
        CURSORS.decode("1|Query.deals", forged, len(values))


@given(PLACES, st.data())
def test_cut_or_lengthened_cursor_is_refused(values: list[Any], data: st.DataObject) -> None:
    cursor = CURSORS.encode("1|Query.deals", values)
    cut = data.draw(st.integers(0, len(cursor) - 1))
    tail = data.draw(st.sampled_from(["=", "==", "A", "AAAA", " ", "\n", "\0", "é", "\ud800"]))

    for forged in (cursor[:cut], cursor + tail, tail + cursor):
        with pytest.raises(InvalidCursor, match=REFUSED):
            CURSORS.decode("1|Query.deals", forged, len(values))


@given(st.text(max_size=60))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode("1|Query.deals", text, 1)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "2|Query.deals|deal|[]",
        "1|Query.tickets|deal|[]",
        "1|Query.deals|ticket|[]",
        "1|Query.deals|deal|[('search', \"'a'\")]",
        "1|Query.deals|deal|[] ",
        "",
    ],
)
def test_cursor_of_another_portal_list_or_filter_is_refused(elsewhere: str) -> None:
    cursor = CURSORS.encode("1|Query.deals|deal|[]", [date(2026, 1, 2), 5])

    with pytest.raises(InvalidCursor):
        CURSORS.decode(elsewhere, cursor, 2)


def test_cursor_of_another_secret_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode("1|Query.deals", Cursors(b"another").encode("1|Query.deals", [5]), 1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_cursor_of_another_order_is_refused(count: int) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode("1|Query.deals", CURSORS.encode("1|Query.deals", ["Ada", 5]), count)


@pytest.mark.parametrize("payload", [b"[2,5]", b"[1, 5]", b"[1,5,5]", b'[1,{"n":"5.00 "}]'])
def test_signed_payload_that_encode_does_not_write_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode("scope", signed("scope", payload), 1)


def test_cursor_is_text_that_fits_a_url() -> None:
    cursor = CURSORS.encode("1|Query.deals", [datetime(2026, 1, 2, 3, 4, tzinfo=UTC), Decimal("1.50"), "é/+"])

    assert all(character.isalnum() or character in "-_" for character in cursor)


def test_code_is_stable() -> None:
    with pytest.raises(InvalidCursor) as caught:
        CURSORS.decode("scope", "nonsense", 1)

    assert caught.value.extensions == {"code": "INVALID_CURSOR"}
