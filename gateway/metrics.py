"""Metrics: what a server counts, as Prometheus reads it.

Requests count with plain counters, which is all they pay; the rest is worked out when somebody looks.
Labels are words of ours, of the schema or of the operator's own manifest, never of a client's.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from starlette.requests import Request
from starlette.responses import Response

from gateway.documents.documents import OTHER, Operation
from gateway.engine import Vitals
from gateway.live.streams import Streams
from gateway.load import Load

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Durations:
    """How long things took, by how many bounds they passed."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: each counts all below it too."""
        total, found = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class Metrics:
    """The counters of a process."""

    def __init__(self, vitals: Vitals, streams: Streams, load: Load) -> None:
        self._vitals = vitals
        self._streams = streams
        self._load = load
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.codes: Counter[str] = Counter()
        self.tasks = 0
        self.durations: dict[str, Durations] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def answered(self, operation: Operation | None, status: int, seconds: float) -> None:
        """One more answer."""
        label = OTHER if operation is None else operation.label
        kind = "none" if operation is None else operation.kind.value
        self.answers[label, kind, status] += 1
        durations = self.durations.get(label)
        if durations is None:
            durations = self.durations[label] = Durations()
        durations.add(seconds)

    async def serve(self, _: Request) -> Response:
        """What `GET /metrics` answers."""
        self.tasks = len(asyncio.all_tasks())
        return Response(generate_latest(self._registry), headers={"content-type": CONTENT_TYPE_LATEST})

    def collect(self) -> Iterator[Metric]:
        """Everything, as it is now."""
        yield from self._requests()
        yield gauge("tabard_requests_running", "Requests that are executed now.", self._load.running)
        yield gauge("tabard_requests_waiting", "Requests that wait for a place.", self._load.waiting)
        yield counter("tabard_requests_shed", "Requests refused as OVERLOADED.", {(): self._load.shed})
        yield gauge("tabard_stopping", "1 while the server is about to end.", self._load.is_leaving)
        yield gauge("tabard_tasks", "Tasks of the event loop; many that stay point to a plugin.", self.tasks)
        yield from self._graph()
        yield gauge("tabard_streams_open", "Streams that are open now.", self._streams.open)
        opened = {(transport,): number for transport, number in self._streams.opened.items()}
        yield counter("tabard_streams_opened", "Streams by transport.", opened, "transport")
        closed = {(str(code),): number for code, number in self._streams.closed.items()}
        yield counter("tabard_streams_closed", "Streams that ended, by close code.", closed, "code")

    def _requests(self) -> Iterator[Metric]:
        answers = {(name, kind, str(status)): number for (name, kind, status), number in self.answers.items()}
        yield counter("tabard_requests", "Answers to requests.", answers, "operation", "kind", "status")
        codes = {(code,): number for code, number in self.codes.items()}
        yield counter("tabard_errors", "Errors in answers, by code.", codes, "code")
        family = HistogramMetricFamily(
            "tabard_request_seconds", "How long requests took, from the first byte.", labels=["operation"]
        )
        for name, durations in self.durations.items():
            family.add_metric([name], durations.buckets, durations.sum)
        yield family

    def _graph(self) -> Iterator[Metric]:
        vitals = self._vitals
        for name, text, counts in (
            ("tabard_plugin_failures", "Failures of plugins' functions.", vitals.plugin_failures),
            ("tabard_plugin_blockings", "Times that a plugin held the event loop.", vitals.plugin_blockings),
        ):
            yield counter(name, text, {(plugin,): number for plugin, number in counts.items()}, "plugin")
        fallbacks = {(reason,): number for reason, number in vitals.fallbacks.items()}
        yield counter(
            "tabard_fallbacks", "Operations that the slower executor answered.", fallbacks, "reason"
        )
        used = vitals.connections
        yield gauge("tabard_database_connections", "Database connections that are in use.", used)
        yield gauge("tabard_database_lost", "1 while the database does not answer.", vitals.is_database_lost)


def counter(name: str, text: str, counts: Mapping[Any, int], *labels: str) -> Metric:
    """A counter with its values by their labels, a tuple."""
    family = CounterMetricFamily(name, text, labels=labels)
    for values, number in counts.items():
        family.add_metric(values, number)
    return family


def gauge(name: str, text: str, value: float) -> Metric:
    """A gauge without labels."""
    return GaugeMetricFamily(name, text, value=float(value))
