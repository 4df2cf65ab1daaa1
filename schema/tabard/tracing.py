"""Tracing: spans of OpenTelemetry, which cost nothing until an operator sets up where they go.

Attributes are words of ours, of the schema or of the operator's manifest; errors are not recorded, because
their texts can hold what a client sent.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from opentelemetry import trace

NOTHING: Final = nullcontext()
NAME: Final = "tabard"


class _Spans:
    """The tracer, once there is one."""

    tracer: trace.Tracer | None = None


def start(provider: trace.TracerProvider | None = None) -> None:
    """Makes spans from now on, by the provider that is given or set up; does nothing where there is none."""
    provider = provider or trace.get_tracer_provider()
    is_real = not isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider)
    _Spans.tracer = provider.get_tracer(NAME) if is_real else None


def stop() -> None:
    """Makes no more spans."""
    _Spans.tracer = None


def span(
    name: str, *, parent: Any = None, **attributes: str | int | bool
) -> AbstractContextManager[trace.Span | None]:
    """A span round what happens inside `with`; `parent` is a context that came from elsewhere."""
    tracer = _Spans.tracer
    if tracer is None:
        return NOTHING
    return tracer.start_as_current_span(
        name,
        parent,
        attributes={f"{NAME}.{key}": value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    )


def is_tracing() -> bool:
    """Whether spans are made."""
    return _Spans.tracer is not None
