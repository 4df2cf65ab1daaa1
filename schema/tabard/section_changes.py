"""Section changes: how a tab's settings are saved, and what is dropped with what they named."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tabard.definitions import Definitions
from tabard.errors import Fault
from tabard.naming import camel, noun_of
from tabard.nouns.workspace import Workspace
from tabard.records import tables
from tabard.records.entries import write_entry
from tabard.reference_checks import ReferenceChecks
from tabard.settings import Setting
from tabard.tabs import TabRuntime
from tabard.viewer import COMPANY, StoredTab, WorkspaceState
from tabard.work import Work
from tabard.workspace_states import every_workspace


@dataclass(frozen=True)
class Loss:
    """A stored setting that names what is not there; `kept` is what is left of it, if anything."""

    workspace: WorkspaceState
    runtime: TabRuntime
    setting: Setting
    stored: Any
    kept: list[Any] | None


async def save_section(
    work: Work, runtime: TabRuntime, state: WorkspaceState, patch: Any, place: list[str]
) -> None:
    """Saves a patch of a tab's settings in a workspace, with its audit entry; raises a fault, nothing written.

    `place` is where the patch stands in the input.
    """
    section, name = runtime.section, runtime.tab.name
    assert section is not None, "only tabs with settings are saved"
    stored = state.tabs.get(name, StoredTab())
    inherited = state.account_tabs.get(name, StoredTab()).values
    with _below(place):
        values = section.changed(stored.values, inherited, patch)
        checks = await checks_in(work)
        await checks.require(section, values, inherited)
        if not work.viewer.plan.has_custom_objects:
            await checks.require_plain(section, patch, section.values(inherited, values))
    if values != stored.values or stored.version == 0:
        await _store(work, state, name, StoredTab(stored.is_visible, values, stored.version + 1))
        await _write(work, state, name, stored.values, values)
        if state.is_default:
            await raise_settings_version(work)
            await drop_missing(work, [runtime])


async def store_visibility(work: Work, state: WorkspaceState, tab: str, *, is_visible: bool) -> None:
    """Stores whether a workspace shows a tab."""
    stored = state.tabs.get(tab, StoredTab())
    await _store(work, state, tab, StoredTab(is_visible, stored.values, stored.version + 1))


async def drop_missing(work: Work, runtimes: Iterable[TabRuntime] | None = None) -> None:
    """Drops from all workspaces' settings what is no longer there, after a change that may have taken it."""
    tabs = list(work.registry.tabs.values() if runtimes is None else runtimes)
    states = await every_workspace(work)
    found = await losses(states, tabs, await checks_in(work))
    for state, runtime in itertools.product(states, tabs):
        lost = [loss for loss in found if loss.workspace is state and loss.runtime is runtime]
        if lost:
            await _drop(work, state, runtime.tab.name, lost)


async def _drop(work: Work, state: WorkspaceState, tab: str, lost: Sequence[Loss]) -> None:
    stored = state.tabs[tab]
    changed = {loss.setting.name: loss.kept for loss in lost}
    values = {name: value for name, value in {**stored.values, **changed}.items() if value is not None}
    await _store(work, state, tab, StoredTab(stored.is_visible, values, stored.version + 1))
    await _write(work, state, tab, stored.values, values)


async def losses(
    states: Sequence[WorkspaceState], runtimes: Sequence[TabRuntime], checks: ReferenceChecks
) -> list[Loss]:
    """What the workspaces' settings name that is not there; the default workspace comes first in `states`."""
    found: list[Loss] = []
    account: dict[str, dict[str, Any]] = {}
    for state in states:
        for runtime in runtimes:
            name = runtime.tab.name
            own = dict(state.tabs.get(name, StoredTab()).values)
            found += await _losses(state, runtime, own, account.get(name, {}), checks)
            if state.is_default:
                account[name] = own
    return found


async def _losses(
    state: WorkspaceState,
    runtime: TabRuntime,
    own: dict[str, Any],
    inherited: dict[str, Any],
    checks: ReferenceChecks,
) -> list[Loss]:
    """What one section loses; takes it out of `own`, because other settings may depend on it."""
    found = []
    for setting in runtime.section.references if runtime.section is not None else ():
        stored = own.get(setting.name)
        if stored is None or runtime.section is None:
            continue
        missing = await checks.missing(setting, runtime.section.values(inherited, own))
        if missing:
            kept = [item for item in stored if item not in missing] if isinstance(stored, list) else []
            found.append(Loss(state, runtime, setting, stored, kept or None))
            own[setting.name] = kept or None
    return found


async def checks_in(work: Work) -> ReferenceChecks:
    """The checks of references against what is there in the transaction."""
    return ReferenceChecks(Definitions.of_work(work), await account_object_in(work))


async def account_object_in(work: Work) -> str:
    """The account object as it is in the transaction; who changes it locks the workspaces first."""
    rows = await work.fetch(sa.select(tables.portal.c.account_object))
    return rows[0][0] or COMPANY


async def raise_settings_version(work: Work) -> None:
    """Raises the version of the account's settings; the default workspace must be locked."""
    portal = tables.portal.c
    rows = await work.fetch(sa.select(portal.settings_version))
    await work.update(tables.portal, portal.id == work.viewer.portal_id, settings_version=rows[0][0] + 1)


@contextmanager
def _below(place: list[str]) -> Iterator[None]:
    """Inside, the path of a fault is that of a setting, which stands at this place of the input."""
    try:
        yield
    except Fault as fault:
        fault.path = [*place, *(fault.path or [])]
        raise


async def _write(
    work: Work, state: WorkspaceState, tab: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    changes = {f"{tab}.{camel(name)}": [before.get(name), after.get(name)] for name in names}
    write_entry(work, "tab.configured", noun_of(Workspace), state.id, changes)


async def _store(work: Work, state: WorkspaceState, tab: str, new: StoredTab) -> None:
    await work.put(
        tables.tab_setting,
        workspace_id=state.id,
        tab=tab,
        is_visible=new.is_visible,
        setting_values=dict(new.values),
        version=new.version,
    )
