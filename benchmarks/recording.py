"""Recording: the statements that the gateway runs for each workload, for the floor to run the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from unittest import mock

from graphql import parse

from benchmarks.workloads import DOCUMENTS
from gateway.identity.identity import Identity
from gateway.serving import Service
from tabard.records.viewers import read_viewer
from tabard.storage.compiled import NOTHING, CompiledRead
from tabard.storage.joining import joined
from tabard.storage.session import ReadSession
from tabard.storage.transaction import WriteSession
from tabard.storage.writes import Change


@dataclass
class Recorded:
    """One statement: text, arguments, and for a read the columns' names, for a write the arguments'."""

    text: str
    values: list[Any]
    names: list[str]
    is_write: bool = False


@dataclass
class Recording:
    """What was run for one workload, and the answer that it led to."""

    statements: list[Recorded] = field(default_factory=list)
    answer: Any = None


async def record(service: Service, identity: Identity, name: str, variables: dict[str, Any]) -> Recording:
    """Runs a workload once and keeps what reached the database."""
    recording = Recording()
    with ExitStack() as stack:
        stack.enter_context(_reads(recording))
        stack.enter_context(_writes(recording))
        assert isinstance(identity.portal, int)
        assert isinstance(identity.user, int)
        viewer, session = await read_viewer(service.database, identity.portal, identity.user)
        assert viewer is not None
        context = service.graph.context(viewer, session)
        try:
            result = await service.graph.execute(context, parse(DOCUMENTS[name]), variables)
        finally:
            await context.close()
    assert not result.errors, result.errors
    recording.answer = result.data
    return recording


@contextmanager
def _reads(recording: Recording) -> Any:
    find = ReadSession.find

    async def recorded(
        session: ReadSession, statement: Any, given: Any = NOTHING, *, is_bounded: bool = True
    ) -> Any:
        compiled, values = session._readers.statements.find(statement, given)
        assert isinstance(compiled, CompiledRead)
        arguments = compiled.arguments.values(session._parameters, values)
        recording.statements.append(Recorded(compiled.text, list(arguments), list(compiled.names)))
        return await find(session, statement, given, is_bounded=is_bounded)

    with mock.patch.object(ReadSession, "find", recorded):
        yield


@contextmanager
def _writes(recording: Recording) -> Any:
    sent, fetched = WriteSession._sent, WriteSession._read

    async def send(session: WriteSession, waiting: Sequence[Change]) -> None:
        names = chain.from_iterable(_names(change) * len(change.rows) for change in waiting)
        for text, rows in _texts(session, waiting):
            for values in rows:
                named = list(islice(names, len(values)))
                recording.statements.append(Recorded(text, list(values), named, is_write=True))
        await sent(session, waiting)

    async def fetch(session: WriteSession, statement: Any, given: Any) -> Any:
        compiled, values = session._statements.find(statement, given)
        cells = compiled.arguments.values(session.scope.parameters, values)
        recording.statements.append(Recorded(compiled.text, list(cells), [], is_write=True))
        return await fetched(session, statement, given)

    with mock.patch.multiple(WriteSession, _sent=send, _read=fetch):
        yield


def _texts(session: WriteSession, changes: Sequence[Change]) -> Iterable[tuple[str, Sequence[Sequence[Any]]]]:
    """What the database gets of changes that have waited."""
    is_joined = session.dialect == "postgresql"
    return joined(changes) if is_joined else [(change.write.text, change.rows) for change in changes]


def _names(change: Change) -> list[str]:
    return [str(argument.key) for argument in change.write.arguments.each]
