"""Idempotency: a mutation repeated with its key is done once, and answered again."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import orjson
import sqlalchemy as sa

from tabard.errors import BadUserInput, IdempotencyKeyReused
from tabard.records.journal import idempotency_record as record

if TYPE_CHECKING:
    from tabard.work import Work

KEPT = timedelta(hours=24)
MAX_KEY = 255


@dataclass(frozen=True)
class Claim:
    """The right to do the work of a key, or the result of who had it before.

    The record is written in the work's own transaction: it is there exactly when the change is.
    """

    key: str
    path: str
    is_replay: bool
    result: Any = None

    async def keep(self, work: Work, result: int | str | None) -> None:
        """Stores the outcome: what names the result, never the response."""
        await work.update(
            record,
            record.c.actor_id == work.viewer.user_id,
            record.c.key == self.key,
            record.c.path == self.path,
            outcome={"result": result},
        )


async def claimed(work: Work, key: str | None, path: str, given: Any) -> Claim | None:
    """Claims the key for this actor and response path; waits for a second caller of the same moment.

    Raises IdempotencyKeyReused when the key came with other input in the last 24 hours.
    """
    if key is None or work.viewer.user_id is None:
        return None
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise BadUserInput(f"An idempotency key has 1 to {MAX_KEY} printable characters.")
    digest = input_hash(work.operation, given)
    actor = work.viewer.user_id
    await work.delete(record, record.c.actor_id == actor, record.c.created_at < work.now - KEPT)
    is_new = await work.add(
        record, actor_id=actor, key=key, path=path, input_hash=digest, created_at=work.now
    )
    if is_new:
        return Claim(key, path, is_replay=False)
    statement = sa.select(record.c.input_hash, record.c.outcome).where(
        record.c.actor_id == actor, record.c.key == key, record.c.path == path
    )
    ((stored, outcome),) = map(tuple, await work.fetch(statement))
    if stored != digest:
        raise IdempotencyKeyReused(
            "This idempotency key was used with other input; use a new key for a new change."
        )
    return Claim(key, path, is_replay=True, result=cast("dict[str, Any]", outcome)["result"])


def input_hash(operation: str | None, given: Any) -> str:
    """A digest of the mutation's name and its coerced input, the same for equal input."""
    text = orjson.dumps(
        [operation, given], default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    )
    return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.value if isinstance(value, Enum) else repr(value)
