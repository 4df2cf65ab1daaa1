"""Canaries: words, numbers and dates that only one portal's rows hold, in every cell that can hold one."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tabard.columns import Identifier, Label, Scaled, StoredJSON
from tabard.storage.door import TENANT
from tabard.storage.ids import ALPHABET, decode_global_id

# Columns whose words the code knows: what a row holds there cannot be any word. Rows that are made up get these.
KNOWN_WORDS: Final[dict[str, Any]] = {
    "plan": "ENTERPRISE",
    "permission": "CUSTOMER_SUCCESS_WORKSPACE",
    "persona": None,
    "object_type": "company",
    "from_type": "company",
    "to_type": "company",
    "subject_type": "company",
    "kind": "TEXT",
    "page_layout.kind": "TABLE",
    "page_layout.properties": ["name"],
    "tab": "customers",
    "setting_values": {},
    "account_object": None,
    "archived_at": None,
}
SUFFIXED: Final = 30
TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{24,}")
GLOBAL_ID: Final = re.compile(rf"_[{ALPHABET}]{{13}}(?![0-9a-z])")
RAW_ID: Final = re.compile(r"(?<!\d)\d{15,19}(?!\d)")


@dataclass(frozen=True)
class Canaries:
    """What marks the rows of one portal; `letter` tells portals apart."""

    letter: str
    year: int
    number: int
    currency: str
    time_zone: str
    locale: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What gives a value of this portal away, wherever it stands; its group `column` says which it was."""
        places = (self.currency, self.time_zone, self.locale)
        quoted = "|".join(f'"{re.escape(word)}"' for word in places)
        return re.compile(
            rf"~{self.letter}(?P<column>\d+)~|{self.year}-\d\d-\d\d|(?<![0-9a-z]){self.number}\d{{6}}(?![0-9a-z])|{quoted}",
            re.IGNORECASE,
        )

    def word(self, number: int) -> str:
        """The canary of a column, by its number."""
        return f"~{self.letter}{number}~"

    def value(self, column: sa.Column[Any], number: int, old: Any = None) -> Any:
        """What a cell of the column holds; of a JSON document every text is replaced."""
        if column.name.endswith("currency"):
            return self.currency
        named = {"time_zone": self.time_zone, "locale": self.locale}
        if column.name in named:
            return named[column.name]
        amount, day = self.number * 10**6 + number, date(self.year, 1, 1) + timedelta(days=number)
        kind = column.type
        if isinstance(kind, StoredJSON):
            return _replaced(old, self.word(number)) if old else {"text": self.word(number)}
        if isinstance(kind, Scaled):
            return Decimal(amount)
        values: dict[type, Any] = {
            str: self.word(number),
            int: amount * 100 if column.name.endswith("_minor") else amount,
            date: day,
            datetime: datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            bool: True,
        }
        plain = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
        return values[plain.python_type]


def _replaced(document: Any, word: str) -> Any:
    if isinstance(document, dict):
        return {key: _replaced(value, word) for key, value in document.items()}
    if isinstance(document, list):
        return [_replaced(value, word) for value in document]
    return word if isinstance(document, str) else document


OURS: Final = Canaries("a", 2147, 1666, "MAD", "Pacific/Apia", "gv")
THEIRS: Final = Canaries("b", 2947, 1777, "ZMW", "Pacific/Chatham", "fo")


def numbered(tables: Sequence[sa.Table]) -> dict[sa.Column[Any], int]:
    """A number for each column that holds canaries: not the keys, references, flags and known words."""
    columns = (column for table in tables for column in table.columns if _is_marked(column))
    return {column: number for number, column in enumerate(columns, start=100)}


def _is_marked(column: sa.Column[Any]) -> bool:
    is_key = column.primary_key or column.foreign_keys or isinstance(column.type, Identifier)
    is_known = _known(column) or column.name == "slot" or isinstance(column.type, sa.Boolean)
    return not (is_key or is_known or column.name == column.table.info[TENANT])


def _known(column: sa.Column[Any]) -> list[Any]:
    """The word that this column holds, or one of its name; nothing where any word will do."""
    return [KNOWN_WORDS[name] for name in (str(column), column.name) if name in KNOWN_WORDS]


async def mark(
    connection: AsyncConnection, tables: Sequence[sa.Table], portal_id: int, canaries: Canaries
) -> None:
    """Puts a canary into every cell of the portal's rows, a table without rows gets one first."""
    numbers = numbered(tables)
    for table in sa.schema.sort_tables(tables):
        ours = table.c[table.info[TENANT]] == portal_id
        if not await connection.scalar(sa.select(sa.func.count()).select_from(table).where(ours)):
            await _insert(connection, table, portal_id, canaries, numbers)
            continue
        marked = [column for column in table.columns if column in numbers]
        documents = [column for column in marked if isinstance(column.type, StoredJSON)]
        plain = {
            column.name: _cell(column, canaries, numbers) for column in marked if column not in documents
        }
        if plain:
            await connection.execute(sa.update(table).where(ours).values(plain))
        for column in documents:
            await _mark_documents(connection, column, ours, canaries, numbers[column])


def _cell(column: sa.Column[Any], canaries: Canaries, numbers: dict[sa.Column[Any], int]) -> Any:
    value = canaries.value(column, numbers[column])
    is_word = isinstance(value, str) and value == canaries.word(numbers[column])
    length = getattr(column.type, "length", None) or 1000
    if is_word and "id" in column.table.c and length >= SUFFIXED:
        return sa.literal(value) + sa.cast(column.table.c.id, Label(20))
    return value


async def _mark_documents(
    connection: AsyncConnection, column: sa.Column[Any], ours: Any, canaries: Canaries, number: int
) -> None:
    key = list(column.table.primary_key.columns)
    rows = (await connection.execute(sa.select(column, *key).where(ours))).all()
    for old, *cells in rows:
        same = [item == cell for item, cell in zip(key, cells, strict=True)]
        value = old if old in ([], {}) else canaries.value(column, number, old)
        await connection.execute(sa.update(column.table).where(*same).values({column.name: value}))


async def _insert(
    connection: AsyncConnection,
    table: sa.Table,
    portal_id: int,
    canaries: Canaries,
    numbers: dict[sa.Column[Any], int],
) -> None:
    """A row for a table of which the demo has none: it refers to rows that are there."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == table.info[TENANT]:
            row[column.name] = portal_id
        elif known := _known(column):
            row[column.name] = known[0]
        elif isinstance(column.type, Identifier):
            row[column.name] = await _reference(connection, column, portal_id)
        else:
            row[column.name] = canaries.value(column, numbers.get(column, 99))
    await connection.execute(sa.insert(table), [row])


async def _reference(connection: AsyncConnection, column: sa.Column[Any], portal_id: int) -> int | None:
    if column.name == "id":
        return portal_id * 2 + 1 + len(column.table.name)
    keys = [key for key in column.foreign_keys if key.column.name == "id"]
    parent = keys[0].column.table if keys else column.table.metadata.tables.get("company")
    if parent is None or parent is column.table:
        return None
    ids = sa.select(parent.c.id).where(parent.c[parent.info[TENANT]] == portal_id)
    place = 1 if column.name == "to_id" else 0
    found: int | None = await connection.scalar(ids.order_by(parent.c.id).offset(place).limit(1))
    return found


def leaks(text: str, canaries: Canaries, ids: frozenset[int]) -> list[str]:
    """What of the portal shows in a text, also inside cursors; `ids` are its rows'."""
    found = [match.group() for opened in _opened(text) for match in canaries.pattern.finditer(opened)]
    for match in GLOBAL_ID.finditer(text):
        decoded = decode_global_id(f"x{match.group()}")
        found += [match.group()] if decoded and decoded[1] in ids else []
    return found + [match.group() for match in RAW_ID.finditer(text) if int(match.group()) in ids]


def _opened(text: str) -> Iterable[str]:
    """The text, and what its cursors hold."""
    yield text
    for match in TOKEN.finditer(text):
        token = match.group()
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            continue
        yield raw.decode("utf-8", "replace")
