"""Attributes: fields that are read from their objects; the leaves among them are read and completed together."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from types import FunctionType, MemberDescriptorType, NoneType
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from gateway.execution.columns import Column, Selected, Values
from gateway.execution.places import FieldPlace, Place
from gateway.execution.rows import Read, attribute_reader
from gateway.execution.shapes import LeafShape
from tabard.columnwise import Columnwise
from tabard.reads.batch import Picked, RowBatch, at

if TYPE_CHECKING:
    from gateway.execution.plan import FieldPlan
    from gateway.execution.run import Run
    from gateway.execution.sources import Source


class Attribute:
    """A plain attribute: the batch's column, or read from each object."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._get = attrgetter(name)

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        return run.completed(field, self.values(run, sources), place)

    def values(self, run: Run, sources: Values) -> Values:
        """The raw values."""
        found = self.of_batch(sources) if type(sources) is RowBatch else None
        if found is not None:
            return found
        return run.mapped(self._get, sources if type(sources) is list else list(sources))

    def of_batch(self, batch: RowBatch) -> Values | None:
        """The batch's column; None where it has none."""
        return batch.columns.get(self.name)


class Computed:
    """A method that says how it computes a whole column; for objects that are no batch it is called."""

    def __init__(self, columnwise: Columnwise, method: Source) -> None:
        self._columnwise = columnwise
        self._method = method

    def column(self, run: Run, field: FieldPlan, sources: Values, place: FieldPlace) -> Column:
        found = self.of_batch(sources) if type(sources) is RowBatch else None
        if found is None:
            return self._method.column(run, field, sources, place)
        return run.completed(field, found, place)

    def of_batch(self, batch: RowBatch) -> Values | None:
        """The column that is computed of the batch's; None where it has not all of them."""
        columns = [batch.columns.get(name) for name in self._columnwise.needs]
        return None if None in columns else self._columnwise.function(batch.type, *columns)


class Leaves:
    """Leaves that are read from their objects and follow each other: most are done with a look at the classes."""

    def __init__(self, fields: Sequence[FieldPlan]) -> None:
        self._fields = fields
        self._sources = [cast(Attribute | Computed, field.source) for field in fields]
        self._exact = [cast(LeafShape, field.shape).exact for field in fields]
        self._class: type = NoneType
        self._read: Read = attribute_reader((None,) * len(fields))

    def _prepare(self, classes: set[type]) -> None:
        """Writes what reads the attributes that objects of these classes keep.

        What a class computes is asked for alone: with the others it might be asked for twice, once one has failed.
        """
        names = [source.name if isinstance(source, Attribute) else None for source in self._sources]
        kept = [name if name and all(is_kept(class_, name) for class_ in classes) else None for name in names]
        self._read = attribute_reader(tuple(kept))
        self._class = classes.pop() if len(classes) == 1 else NoneType

    def fill(self, run: Run, sources: Values, place: Place, selected: Selected) -> None:
        """A row of a batch that several places share is completed once for all of them."""
        places: Any = None
        batch = sources
        if type(sources) is Picked:
            batch, places = sources.rows, sources.places
        for field, exact, values in zip(self._fields, self._exact, self._raw(batch), strict=True):
            done = None if values is None else exact(values)
            if done is not None:
                selected.cells.append(done if places is None else at(done, places))
            elif values is not None:
                shown = values if places is None else at(values, places)
                selected.add(run.completed(field, shown, FieldPlace(place, field)))
            else:
                field.fill(run, batch if places is None else at(batch, places), place, selected)

    def _raw(self, batch: Values) -> Sequence[Values | None]:
        """What there is for each field; None for what has to be asked for on its own."""
        try:
            if type(batch) is RowBatch:
                return [source.of_batch(batch) for source in self._sources]
            classes = list(map(type, batch))
            # Most often they are all of one class, and of that of the last time.
            if classes.count(self._class) != len(classes):
                self._prepare(set(classes))
            return self._read(batch)
        except Exception:  # noqa: BLE001 - whose it is, and of which row, is found field by field
            return [None] * len(self._fields)


def is_plain_leaf(field: FieldPlan) -> bool:
    """Whether the field can be one of `Leaves`."""
    is_read = isinstance(field.source, Attribute | Computed)
    return is_read and isinstance(field.shape, LeafShape) and not field.policies


_kept: WeakKeyDictionary[type, dict[str, bool]] = WeakKeyDictionary()


def is_kept(class_: type, name: str) -> bool:
    """Whether objects of a class keep the attribute, so that to read it runs nobody's code."""
    known = _kept.setdefault(class_, {})
    if name not in known:
        known[name] = not _is_computed(class_, name)
    return known[name]


def _is_computed(class_: type, name: str) -> bool:
    if isinstance(class_.__getattribute__, FunctionType) or hasattr(class_, "__getattr__"):
        return True
    found = next((vars(base)[name] for base in class_.__mro__ if name in vars(base)), None)
    return hasattr(type(found), "__get__") and not isinstance(found, MemberDescriptorType)
