"""Crowd: clients who keep asking, as fast as they are answered or at a rate that does not heed the server."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

PATIENCE: Final = 120
OK: Final = "OK"
# How each refusal of somebody who comes at a bad time looks.
REFUSALS: Final = {"OVERLOADED": 503, "UNAVAILABLE": 503, "RATE_LIMITED": 429}

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its code, OK without errors, when to come back, and how long it took."""

    status: int
    code: str
    retry_after: str
    seconds: float

    @property
    def is_promised(self) -> bool:
        """Whether it is an answer, or a refusal that says what to do."""
        if self.code == OK:
            return self.status == 200
        return self.status == REFUSALS.get(self.code) and self.retry_after.isdigit()


class Crowd:
    """Sends one query again and again, over as many kept connections as it takes; close it."""

    def __init__(self, address: str, token: str, query: str) -> None:
        url = urlsplit(address)
        self._target = str(url.hostname), int(url.port or 80)
        body = json.dumps({"query": query}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: {url.netloc}\r\nauthorization: Bearer {token}\r\n"
            f"accept: application/graphql-response+json\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._request = head.encode() + body
        self._idle: list[Line] = []

    async def close(self) -> None:
        """Leaves."""
        for _, writer in self._idle:
            writer.close()

    async def ask(self) -> Reply:
        """One request and its answer."""
        started = perf_counter()
        async with asyncio.timeout(PATIENCE):
            while self._idle:
                line = self._idle.pop()
                # The server closes a connection on which nothing happens; then there is no status.
                if answer := await self._answer(line, started):
                    return answer
            answer = await self._answer(await asyncio.open_connection(*self._target), started)
            assert answer is not None, "the server closed a new connection without an answer"
            return answer

    async def _answer(self, line: Line, started: float) -> Reply | None:
        try:
            reply = await self._read(line, started)
        except ConnectionError:
            reply = None
        except BaseException:
            line[1].close()
            raise
        if reply is None:
            line[1].close()
        return reply

    async def _read(self, line: Line, started: float) -> Reply | None:
        reader, writer = line
        writer.write(self._request)
        if not (first := await reader.readline()):
            return None
        headers = {}
        while (text := await reader.readline()) != b"\r\n":
            name, _, value = text.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append(line)
        retry_after = headers.get("retry-after", "")
        return Reply(int(first.split()[1]), code_of(body), retry_after, perf_counter() - started)

    async def steady(self, at_once: int, seconds: float) -> list[Reply]:
        """So many clients, each of whom asks again when answered."""
        replies: list[Reply] = []
        end = perf_counter() + seconds

        async def client() -> None:
            while perf_counter() < end:
                replies.append(await self.ask())

        await asyncio.gather(*(client() for _ in range(at_once)))
        return replies

    async def arriving(self, a_second: float, seconds: float, chance: random.Random) -> list[Reply]:
        """Clients who come by chance, so many a second, whatever becomes of those before them."""
        due = perf_counter()
        end, asking = due + seconds, list[asyncio.Task[Reply]]()
        while (due := due + chance.expovariate(a_second)) < end:
            await asyncio.sleep(max(due - perf_counter(), 0))
            asking.append(asyncio.create_task(self.ask()))
        return await asyncio.gather(*asking)


def code_of(body: bytes) -> str:
    """The code of an answer's first error; OK without one."""
    if b'"errors":' not in body:
        return OK
    return str(json.loads(body)["errors"][0]["extensions"]["code"])


def answered(replies: Iterable[Reply]) -> list[float]:
    """How long each answer that was no refusal took."""
    return [reply.seconds for reply in replies if reply.code == OK]


def slowest(seconds: Sequence[float]) -> float:
    """What ninety-nine of a hundred took at most."""
    return statistics.quantiles(seconds, n=100)[-1]


def codes(replies: Iterable[Reply]) -> Counter[str]:
    """How many there were of each code."""
    return Counter(reply.code for reply in replies)
