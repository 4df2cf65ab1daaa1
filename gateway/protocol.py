"""Protocol: HTTP on one connection as uvicorn speaks it, and as it should end when the client goes away."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class Protocol(HttpToolsProtocol):
    """Where a client has sent several requests at once, the one that is answered is told that it has gone.

    uvicorn tells the one that came last. The answer to another was then written to a connection that is closed,
    which failed inside the server, and each time left a traceback in the log.
    """

    _answering: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the request that is answered, if there is one, and whatever uvicorn ends."""
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)
