"""Infos: what a resolver is told of its field, made only as far as it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.execution.places import Place
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run


class LazyInfo:
    """Stands for graphql-core's `info` behind Strawberry's; most resolvers ask for the context only."""

    __slots__ = ("_field", "_place", "_row", "_run", "context")

    def __init__(self, run: Run, field: FieldPlan, place: Place, row: int) -> None:
        self.context = run.context
        self._run = run
        self._field = field
        self._place = place
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run.info(self._field, self._place, self._row), name)
