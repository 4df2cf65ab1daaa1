"""Column types that behave alike on SQLite and PostgreSQL, and the constructors that use them.

Money is minor units in a bigint, decimals are scaled bigints, instants are UTC, searchable text has
a second column folded in Python. What is indexed is bigint, C-collated text, date or timestamp.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa

from tabard.texts import Texts

__all__ = [
    "Identifier",
    "Instant",
    "Label",
    "Scaled",
    "StoredJSON",
    "fold",
    "money",
    "record_columns",
    "reference",
    "searchable",
]

FOLDED_LENGTH = 255
DECIMAL_SCALE = 6


def fold(text: str | None) -> str | None:
    """Text as it is searched and sorted: case-folded, single spaces, cut to 255 characters."""
    return None if text is None else " ".join(text.casefold().split())[:FOLDED_LENGTH]


class Identifier(sa.types.TypeDecorator[int]):
    """A 63-bit id."""

    impl = sa.BigInteger
    cache_ok = True


class Label(sa.types.TypeDecorator[str]):
    """Text compared byte by byte on both databases."""

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.String(self.length, collation=collation))


class Instant(sa.types.TypeDecorator[datetime]):
    """A point in time, always UTC; SQLite keeps it as sortable text."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its offset from UTC; {value!r} has none")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    def column_converter(self, dialect: sa.Dialect) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
        """What reads a whole column of the driver's cells; PostgreSQL's driver gives UTC itself."""
        return partial(Texts, datetime, write=_written) if dialect.name == "sqlite" else None


def _written(cells: Sequence[str | None]) -> Sequence[str | None]:
    """SQLite's text has a space in the middle, always six places, and no zone; all are written anew in one go."""
    if not cells:
        return cells
    lines = "+00:00\n".join([cell or "" for cell in cells])
    written: list[str | None] = [*f"{lines}+00:00".replace(" ", "T").replace(".000000+", "+").split("\n")]
    for place, cell in enumerate(cells if None in cells else ()):
        if cell is None:
            written[place] = None
    return written


class Scaled(sa.types.TypeDecorator[Decimal]):
    """A decimal with a fixed number of places, kept as a scaled bigint; rounds half up."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, scale: int = DECIMAL_SCALE) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Decimal | int | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        return int(Decimal(value).scaleb(self.scale).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.scale).normalize() + 0


class StoredJSON(sa.types.TypeDecorator[Any]):
    """A JSON document; never filtered or sorted by the database."""

    impl = sa.JSON
    cache_ok = True


def searchable(name: str, length: int = 255, *, nullable: bool = True) -> list[sa.Column[Any]]:
    """A text column and its folded companion `<name>_folded`, which is what sorting and search use."""
    return [
        sa.Column(name, sa.String(length), nullable=nullable),
        sa.Column(f"{name}_folded", Label(FOLDED_LENGTH), nullable=nullable),
    ]


def money(name: str) -> list[sa.Column[Any]]:
    """An amount: `<name>_minor` in minor units and `<name>_currency`, an ISO 4217 code."""
    return [
        sa.Column(f"{name}_minor", sa.BigInteger),
        sa.Column(f"{name}_currency", Label(3)),
    ]


def reference(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    """A column that holds the id of another row."""
    return sa.Column(name, Identifier, nullable=nullable)


def record_columns() -> list[sa.Column[Any]]:
    """What every record has, whoever registers its type."""
    return [
        reference("owner_id"),
        sa.Column("external_id", Label(255)),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("last_activity_at", Instant),
        sa.Column("archived_at", Instant),
        reference("merged_into_id"),
        sa.Column("version", sa.BigInteger, nullable=False),
    ]
