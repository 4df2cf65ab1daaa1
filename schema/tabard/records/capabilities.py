"""Capabilities: what each registered record type gets; a new capability is one more function here."""

from collections.abc import Callable

from tabard.contributions import RecordContribution
from tabard.naming import camel, noun_of, plural
from tabard.nouns.node import Record
from tabard.nouns.pipelines import Pipeline, Stage
from tabard.plugin import Plugin
from tabard.policies import Permission, Policy
from tabard.reads.related import Via
from tabard.records import tables

Capability = Callable[[Plugin, RecordContribution], None]


def listed(plugin: Plugin, record: RecordContribution) -> None:
    """A connection of all records on Query."""
    name = plural(noun_of(record.type))
    plugin.every(
        name,
        to=record.type,
        order="-created_at",
        description=f"All {camel(name)} of the portal, newest first.",
        policy=_both(record.policy, Permission.WORKSPACE),
    )


def staged(plugin: Plugin, record: RecordContribution) -> None:
    """Pipeline and stage, for record types that move through pipelines."""
    if not record.has_pipelines:
        return
    noun = record.type.__name__.lower()
    plugin.one(
        record.type,
        "pipeline",
        to=Pipeline,
        key="pipeline_id",
        description=f"The pipeline the {noun} is in; null when in none.",
        policy=record.policy,
    )
    plugin.one(
        record.type,
        "stage",
        to=Stage,
        key="stage_id",
        description=f"The stage the {noun} is in; null when in none.",
        policy=record.policy,
    )


def associated(plugin: Plugin, record: RecordContribution) -> None:
    """On every record: the associated records of this type."""
    association = tables.association
    name = plural(noun_of(record.type))
    plugin.connection(
        Record,
        f"associated_{name}",
        to=record.type,
        via=Via(association, "from_id", "to_id", (association.c.to_type == noun_of(record.type),)),
        order="-created_at",
        description=f"The {camel(name)} associated with the record, newest first.",
        policy=record.policy,
    )


CAPABILITIES: tuple[Capability, ...] = (listed, staged, associated)


def _both(policy: Policy | None, other: Policy) -> Policy:
    return other if policy is None else policy & other
