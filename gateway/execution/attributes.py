"""Attributes: fields that are attributes of their objects; the leaves among them are read and completed together."""

from __future__ import annotations

from collections.abc import Sequence
from keyword import iskeyword
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from gateway.execution.columns import Column, Selected, Values
from gateway.execution.places import FieldPlace, Place
from gateway.execution.rows import attribute_reader
from gateway.execution.shapes import LeafShape
from tabard.reads.batch import RowBatch

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run


class Attribute:
    """A plain attribute: the batch's column, or read from each object."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._get = attrgetter(name)

    @property
    def can_be_written(self) -> bool:
        """Whether the name may stand in Python; one that was set by other means may be anything."""
        return self.name.isidentifier() and not iskeyword(self.name)

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        return run.completed(field, self.values(run, sources), place)

    def values(self, run: Run, sources: Values) -> Values:
        """The raw values."""
        if type(sources) is RowBatch and self.name in sources.columns:
            return sources.columns[self.name]
        return run.mapped(self._get, sources if type(sources) is list else list(sources))


class Leaves:
    """Leaves that are attributes and follow each other: most are done with a look at the values' classes."""

    def __init__(self, fields: Sequence[FieldPlan]) -> None:
        self._fields = fields
        self._names = tuple(cast(Attribute, field.source).name for field in fields)
        self._exact = [cast(LeafShape, field.shape).exact for field in fields]
        self._read = attribute_reader(self._names)

    def fill(self, run: Run, sources: Values, place: Place, selected: Selected) -> None:
        try:
            raw = self._raw(sources)
        except Exception:  # noqa: BLE001 - whose it is, and of which row, is found field by field
            for field in self._fields:
                field.fill(run, sources, place, selected)
            return
        for field, exact, values in zip(self._fields, self._exact, raw, strict=True):
            done = exact(values)
            if done is None:
                selected.add(run.completed(field, values, FieldPlace(place, field)))
            else:
                selected.cells.append(done)

    def _raw(self, sources: Values) -> Sequence[Values]:
        if type(sources) is RowBatch:
            columns = sources.columns
            return [columns[name] for name in self._names]
        return self._read(sources)


def is_plain_leaf(field: FieldPlan) -> bool:
    """Whether the field can be one of `Leaves`."""
    source = field.source
    is_plain = isinstance(source, Attribute) and source.can_be_written and not field.policies
    return is_plain and isinstance(field.shape, LeafShape)
