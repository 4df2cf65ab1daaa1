"""Plans: the plans of the operations seen of late, bounded by count and bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from gateway.execution.fallback import Fallbacks, Features, Reason
from gateway.execution.plan import Plan
from gateway.execution.planner import Operation, Planner
from tabard.tracing import span

log = structlog.get_logger("tabard.engine")

# Measured: a field of a plan keeps about two kilobytes, its generated code included.
BYTES_PER_FIELD = 2_000
BYTES_PER_OPERATION = 3_000
MOST_VARIANTS = 16


class PlannedOperation:
    """One operation: how often it was seen, and its plan for each combination of conditions."""

    def __init__(self, schema: GraphQLSchema, operation: Operation) -> None:
        features = Features(operation.node, *operation.definitions.values())
        self.operation = operation
        self.conditions = sorted(features.conditions)
        self.reason = features.reason
        self.sightings = 0
        self.weight = BYTES_PER_OPERATION
        self._schema = schema
        self._variants: dict[tuple[Any, ...], Plan | Reason] = {}

    def plan(self, variables: VariableValues) -> Plan | Reason:
        """The plan under these conditions, made on first use; or why there is none."""
        if self.reason is not None:
            return self.reason
        # Where a condition is null, graphql-core tells it at each place that asks for it.
        key = tuple([variables.coerced.get(name, False) for name in self.conditions])
        if None in key:
            return Reason.NOT_PLANNED
        variant = self._variants.get(key)
        if variant is None:
            if len(self._variants) >= MOST_VARIANTS:
                return Reason.TOO_MANY_VARIANTS
            variant = self._variants[key] = self._made(variables)
            self.weight += variant.size * BYTES_PER_FIELD if isinstance(variant, Plan) else 0
        return variant

    def _made(self, variables: VariableValues) -> Plan | Reason:
        conditions = VariableValues(
            {name: variables.sources[name] for name in self.conditions if name in variables.sources},
            {name: variables.coerced[name] for name in self.conditions if name in variables.coerced},
        )
        try:
            with span("plan"):
                return Planner(self._schema, self.operation, conditions).plan()
        except (GraphQLError, RecursionError, LookupError):
            # graphql-core meets the same and reports it.
            return Reason.NOT_PLANNED
        except Exception as error:
            log.exception("planning failed", exc_info=error)
            return Reason.NOT_PLANNED


class Plans:
    """The plans of one schema; they live in its `extensions`, and so no longer than it does."""

    KEY = "tabard.plans"

    def __init__(self, *, most: int = 500, most_bytes: int = 67_108_864, sightings: int = 2) -> None:
        self.fallbacks = Fallbacks()
        self.is_on = True
        self.most = most
        self.most_bytes = most_bytes
        self.sightings = sightings
        self._kept: OrderedDict[int, PlannedOperation] = OrderedDict()
        self._weight = 0

    @classmethod
    def of(cls, schema: GraphQLSchema) -> Plans:
        """The schema's plans."""
        plans: Plans | None = schema.extensions.get(cls.KEY)
        if plans is None:
            plans = schema.extensions[cls.KEY] = cls()
        return plans

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        """About how many bytes the plans take."""
        return self._weight

    def find(
        self, schema: GraphQLSchema, operation: Operation, variables: VariableValues, *, trusted: bool = False
    ) -> Plan | Reason:
        """The plan of an operation, or the reason why there is none; a trusted one is planned at once."""
        if not self.is_on:
            return Reason.SWITCHED_OFF
        planned = self._seen(schema, operation)
        planned.sightings += 1
        if not trusted and planned.sightings < self.sightings:
            return Reason.FIRST_SIGHTING
        before = planned.weight
        found = planned.plan(variables)
        if planned.weight != before:
            self._weight += planned.weight - before
            self._forget()
        return found

    def trust(self, schema: GraphQLSchema, operation: Operation) -> None:
        """Plans the operation at once when it is asked for, by whatever way."""
        self._seen(schema, operation).sightings = self.sightings

    def _seen(self, schema: GraphQLSchema, operation: Operation) -> PlannedOperation:
        # The entry holds the node, so that its id stays its own.
        key = id(operation.node)
        planned = self._kept.get(key)
        if planned is not None:
            self._kept.move_to_end(key)
            return planned
        planned = self._kept[key] = PlannedOperation(schema, operation)
        self._weight += planned.weight
        self._forget()
        return planned

    def _forget(self) -> None:
        while len(self._kept) > 1 and (len(self._kept) > self.most or self._weight > self.most_bytes):
            _, forgotten = self._kept.popitem(last=False)
            self._weight -= forgotten.weight
