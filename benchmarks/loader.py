"""Loader: a process of its own that asks over kept connections, a fixed number of times."""

import asyncio
import sys
import time
from pathlib import Path

import orjson

SECONDS = 120.0


async def ask(port: int, head: bytes, bodies: list[bytes], numbers: list[int]) -> bytes:
    """Sends requests over one connection until the numbers are used up; returns the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        while numbers:
            body = bodies[numbers.pop() % len(bodies)]
            writer.write(head % len(body) + body)
            status = await reader.readline()
            length = 0
            while (line := await reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answer = await reader.readexactly(length)
            if b" 200 " not in status or b'"errors"' in answer[:20]:
                raise RuntimeError(f"{status!r} {answer[:500]!r}")
    finally:
        writer.close()
    return answer


async def load(port: int, token: str, bodies: list[bytes], count: int, at_once: int) -> tuple[float, bytes]:
    """Asks `count` times, `at_once` at a time; returns the seconds it took and one answer."""
    head = (
        b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer " + token.encode() + b"\r\n"
        b"accept: application/json\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    numbers = list(range(count))
    started = time.perf_counter()
    async with asyncio.timeout(SECONDS):
        answers = await asyncio.gather(*(ask(port, head, bodies, numbers) for _ in range(at_once)))
    return time.perf_counter() - started, answers[0]


def main() -> None:
    """Takes a file with what to do; prints the answer of one request and the seconds of all."""
    job = orjson.loads(Path(sys.argv[1]).read_bytes())
    bodies = [orjson.dumps(body) for body in job["bodies"]]
    seconds, answer = asyncio.run(load(job["port"], job["token"], bodies, job["count"], job["at_once"]))
    sys.stdout.buffer.write(orjson.dumps({"seconds": seconds, "answer": orjson.loads(answer)}))


if __name__ == "__main__":
    main()
