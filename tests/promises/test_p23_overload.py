"""P23: a server that is asked for too much answers as many as it can, and tells the others to come back."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.promises.support.crowd import OK, Crowd, Reply, codes
from tests.support.servers import RunningServer, token

pytestmark = pytest.mark.promise("P23")

QUERY = "{ companies(first: 100) { totalCount nodes { name owner { name } } } }"
AT_ONCE = 40


async def test_who_is_too_many_is_told_to_come_back_and_all_others_are_answered(
    demo_url: str, tmp_path: Path
) -> None:
    few = {"TABARD_LOAD__RUNNING": "2", "TABARD_LOAD__WAITING": "4", "TABARD_LOAD__WAIT_SECONDS": "600"}
    server = await asyncio.to_thread(
        RunningServer, tmp_path, demo_url, TABARD_DATABASE__WAIT_SECONDS="600", **few
    )
    crowd = Crowd(server.address, token(demo_url), QUERY)
    try:
        replies: list[Reply] = []
        # However fast the machine is, somebody comes too many before long.
        while "OVERLOADED" not in codes(replies) or OK not in codes(replies):
            replies += await asyncio.gather(*(crowd.ask() for _ in range(AT_ONCE)))
        assert [reply for reply in replies if not reply.is_promised] == []
        assert set(codes(replies)) == {OK, "OVERLOADED"}
        async with httpx2.AsyncClient(base_url=server.address) as client:
            told = (await client.get("/metrics")).text
        assert f"tabard_requests_shed_total {codes(replies)['OVERLOADED']}.0" in told
        assert [(await crowd.ask()).code for _ in range(3)] == [OK] * 3
    finally:
        await crowd.close()
        server.kill()
