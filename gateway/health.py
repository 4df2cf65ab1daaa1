"""Health: whether the process lives, and whether it can answer."""

import asyncio
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway.engine import Engine
from gateway.load import Load

PATIENCE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Health:
    """The two addresses that an orchestrator asks."""

    def __init__(self, engine: Engine, load: Load) -> None:
        self._engine = engine
        self._load = load

    async def live(self, _: Request) -> Response:
        """200 as long as the process serves at all; asks nothing of the database."""
        return report(200, {"status": "live"})

    async def ready(self, _: Request) -> Response:
        """200 when every vital probe is well, else 503; what is wrong stands in the log."""
        if self._load.is_starting:
            return report(503, {"status": "starting", "probes": []})
        if self._load.is_leaving:
            return report(503, {"status": "stopping", "probes": []})
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                probes = await self._engine.ready()
        except Exception:
            log.exception("readiness unknown")
            return report(503, {"status": "unavailable", "probes": []})
        for probe in probes:
            if probe.problem:
                log.warning("not ready", probe=probe.name, problem=probe.problem)
        states = [{"name": probe.name, "isReady": probe.problem is None} for probe in probes]
        is_ready = not any(probe.problem for probe in probes if probe.is_vital)
        return report(
            200 if is_ready else 503, {"status": "ready" if is_ready else "unavailable", "probes": states}
        )


def report(status: int, content: dict[str, Any]) -> Response:
    """A small JSON answer."""
    return Response(orjson.dumps(content), status, media_type="application/json")
