"""Cursors: a place in an ordered list, signed and bound to the list and its order."""

import base64
import hmac
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from tabard.errors import InvalidCursor
from tabard.texts import Texts

VERSION = 1
SIGNATURE_BYTES = 12
MARKS = {datetime: "t", date: "d"}


class Cursors:
    """Writes and reads cursors with a secret key.

    A cursor holds the sort values and id of a row. It is valid only for the same portal and `scope`
    (field, arguments, order) it was made for.
    """

    def __init__(self, secret: bytes) -> None:
        # The key is worked into it once; signing goes on from copies.
        self._key = hmac.new(secret, digestmod="sha256")

    def encode(self, scope: str, values: Iterable[Any]) -> str:
        """The cursor of the row with these sort values and id."""
        return self.encode_all(scope, [[value] for value in values], [0])[0]

    def encode_all(self, scope: str, columns: Sequence[Sequence[Any]], places: Iterable[int]) -> list[str]:
        """The cursors of the rows at these places of columns of sort values and ids."""
        scoped, write = self._scoped(scope), base64.urlsafe_b64encode
        cursors = []
        for place in places:
            payload = orjson.dumps([VERSION, *[_packed(column, place) for column in columns]])
            cursors.append(write(_signature(scoped, payload) + payload).rstrip(b"=").decode())
        return cursors

    def decode(self, scope: str, cursor: str, count: int) -> list[Any]:
        """The values; raises InvalidCursor when the cursor was not made here for this scope."""
        try:
            raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise _invalid() from error
        signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _signature(self._scoped(scope), payload)):
            raise _invalid()
        version, *values = orjson.loads(payload)
        if (
            version != VERSION
            or len(values) != count
            or self.encode(scope, [*map(_unpack, values)]) != cursor
        ):
            raise _invalid()
        return [_unpack(value) for value in values]

    def _scoped(self, scope: str) -> hmac.HMAC:
        scoped = self._key.copy()
        scoped.update(scope.encode() + b"\0")
        return scoped


def _signature(scoped: hmac.HMAC, payload: bytes) -> bytes:
    signing = scoped.copy()
    signing.update(payload)
    return signing.digest()[:SIGNATURE_BYTES]


def _invalid() -> InvalidCursor:
    return InvalidCursor(
        "This cursor does not belong to this list; start without a cursor, or use one the same list returned."
    )


def _packed(column: Sequence[Any], place: int) -> Any:
    if type(column) is Texts:
        text = column.text(place)
        return None if text is None else {MARKS[column.kind]: text}
    return _pack(column[place])


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return {"n": str(value)} if isinstance(value, Decimal) else value


def _unpack(value: Any) -> Any:
    match value:
        case {"t": text}:
            return datetime.fromisoformat(text)
        case {"d": text}:
            return date.fromisoformat(text)
        case {"n": text}:
            return Decimal(text)
    return value
