"""Tracing: spans of OpenTelemetry, which cost nothing until an operator sets up where they go.

Attributes are words of ours, of the schema or of the operator's manifest; errors are not recorded, because
their texts can hold what a client sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, TypeVar

from opentelemetry import trace

from tabard.timing import CURRENT, Part, at_level

T = TypeVar("T")
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
    """A span round what happens inside `with`; `parent` is a context that came from elsewhere.

    It is also a part of the request's timing, where that is wanted.
    """
    tracer, timing = _Spans.tracer, CURRENT.get()
    made: AbstractContextManager[trace.Span | None] = NOTHING
    if tracer is not None:
        made = tracer.start_as_current_span(
            name,
            parent,
            attributes={f"{NAME}.{key}": value for key, value in attributes.items()},
            record_exception=False,
            set_status_on_exception=False,
        )
    return made if timing is None else Part(timing, name, made)


def level_span(field: str, parents: int) -> AbstractContextManager[Any]:
    """A span round the read of a field, named with its type, for all its parents."""
    made = span("level", field=field, parents=parents)
    return made if CURRENT.get() is None else at_level(field, made)


def spanned(
    work: Awaitable[T], made: Callable[..., AbstractContextManager[Any]], *args: Any, **attributes: Any
) -> Awaitable[T]:
    """The work inside the span that is made of the rest; where nobody wants one, as it is."""
    if _Spans.tracer is None and CURRENT.get() is None:
        return work
    return _inside(work, made(*args, **attributes))


async def _inside(work: Awaitable[T], span: AbstractContextManager[Any]) -> T:
    with span:
        return await work


def note(key: str, value: str) -> None:
    """Adds a word of ours to the span that is open, and to the request's timing."""
    if _Spans.tracer is not None:
        trace.get_current_span().set_attribute(f"{NAME}.{key}", value)
    if (timing := CURRENT.get()) is not None:
        timing.notes[key] = value


def is_tracing() -> bool:
    """Whether spans are made."""
    return _Spans.tracer is not None
