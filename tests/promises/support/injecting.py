"""Injecting: texts that would be more than texts to a careless server, wherever one is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from gateway.codes import Code
from gateway.problem import from_execution
from tests.promises.support.attack import values_of
from tests.promises.support.values import Values
from tests.promises.support.walk import Document, Walk
from tests.promises.support.worlds import World, as_text, schema

PAYLOADS: Final = (
    "'", "''", '"', "`", "\\", "\\'", ";", "--", "/*", "*/", "#", "%", "_", "*", "?", ":a", "$1", "$$", "@@version",
    "' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE company; --", "' UNION SELECT secret FROM portal --",
    "1; SELECT pg_sleep(10)", "'||(SELECT 1)||'", "') OR ('1'='1", "company.id", "portal_id = portal_id",
    "%' ESCAPE '!", "%%%%%%%%%%%%%%%%%%%%", "(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "{{7*7}}", "${7*7}",
    "{0.__class__}", "%s%s%n", "../../../../etc/passwd", "file:///etc/passwd", "<script>alert(1)</script>",
    "\u0001", "\u202e\ufeff", "ﬃ" * 50,
)  # fmt: skip
FAILURES: Final = {Code.INTERNAL_SERVER_ERROR, Code.PLUGIN_ERROR, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED}


class Hostile(Values):
    """Values whose texts are payloads: some of them for each argument, all of them for all together."""

    share = 8
    _turn = 0

    def _scalars(self, type_: str, name: str, position: str) -> Iterator[Any]:
        if type_ in {"ID", "String"}:
            for _ in range(self.share):
                self._turn = (self._turn + 1) % len(PAYLOADS)
                yield PAYLOADS[self._turn]


def walk_of(world: World, share: int = Hostile.share) -> Walk:
    """The walk that tries so many payloads wherever a text is taken."""
    values = values_of(world, world.ours)
    hostile = Hostile(values.ours, values.theirs)
    hostile.share = share
    return Walk(schema().graphql_schema, hostile)


async def tried_all(world: World, documents: Iterable[Document]) -> int:
    """How many attempts were made; none shows a row of theirs or fails for a reason of ours."""
    count = 0
    for document in documents:
        answer = await world.ask(document.text, document.variables)
        assert world.leaks(as_text(answer)) == []
        codes = {from_execution(error, is_development=False).code for error in answer.errors}
        assert codes & FAILURES == set(), document.attempts[0].position
        count += len(document.attempts)
    return count
