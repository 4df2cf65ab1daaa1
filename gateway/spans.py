"""Spans: where an operator's traces go, by OpenTelemetry's own settings."""

from __future__ import annotations

from typing import Protocol

from tabard import tracing
from tabard.errors import ConfigurationInvalid


class Provider(Protocol):
    """What makes spans, and sends those it still has when it is shut down."""

    def shutdown(self) -> None: ...


def begin(*, is_wanted: bool) -> Provider | None:
    """Begins to make spans where they are wanted, or where something outside has set them up already."""
    if not is_wanted:
        tracing.start()
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationInvalid(
            "TABARD_TRACING is set, but what sends spans is not installed: pip install 'tabard[tracing]'"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "tabard"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.start(provider)
    return provider
