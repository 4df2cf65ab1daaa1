"""Idempotency: a mutation repeated with its key is done once, and answered again."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from tabard.errors import BadUserInput, IdempotencyKeyReused
from tabard.records.journal import idempotency_record as record
from tabard.storage.statements import Prepared, PreparedWrite, parameter

if TYPE_CHECKING:
    from tabard.work import Work

KEPT = timedelta(hours=24)
MAX_KEY = 255
_IT: Final = (
    record.c.actor_id == parameter("of", record.c.actor_id.type),
    record.c.key == parameter("named", record.c.key.type),
    record.c.path == parameter("at", record.c.path.type),
)
_FINDING: Final = Prepared(sa.select(record.c.input_hash, record.c.outcome).where(*_IT))
_KEEPING: Final = PreparedWrite(sa.update(record).where(*_IT))
_FORGETTING: Final = PreparedWrite(
    sa.delete(record).where(_IT[0], record.c.created_at < parameter("before", record.c.created_at.type))
)


@dataclass(frozen=True)
class Claim:
    """The right to do the work of a key, or the result of who had it before.

    The record is written in the work's own transaction: it is there exactly when the change is.
    """

    key: str
    path: str
    is_replay: bool
    result: Any = None

    def keep(self, work: Work, result: int | str | None) -> None:
        """Stores the outcome: what names the result, never the response."""
        it = {"of": work.viewer.user_id, "named": self.key, "at": self.path}
        work.later(_KEEPING, it | {"outcome": {"result": result}})


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
    work.later(_FORGETTING, {"of": actor, "before": work.now - KEPT})
    is_new = await work.add(
        record, actor_id=actor, key=key, path=path, input_hash=digest, created_at=work.now
    )
    if is_new:
        return Claim(key, path, is_replay=False)
    found = await work.first(_FINDING, of=actor, named=key, at=path)
    assert found is not None, "whoever was there first has written the record"
    if found["input_hash"] != digest:
        raise IdempotencyKeyReused(
            "This idempotency key was used with other input; use a new key for a new change."
        )
    return Claim(key, path, is_replay=True, result=found["outcome"]["result"])


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
