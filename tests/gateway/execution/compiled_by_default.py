"""A pytest plugin for graphql-core's own tests: what they execute runs compiled, from the first sighting on."""

import json
import os
import sys
from typing import Any

import graphql.execution.execute  # noqa: F401 - the module is found by its name below
import pytest
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.execution.incremental import IncrementalExecutor

from gateway.execution.executor import Compiled
from gateway.execution.plans import Plans

module: Any = sys.modules["graphql.execution.execute"]


class CompiledIncremental(Compiled, IncrementalExecutor):
    """The default of `experimental_execute_incrementally`."""


class CompiledThrowing(Compiled, ExecutorThrowingOnIncremental):
    """The default of `execute`."""


module.IncrementalExecutor = CompiledIncremental
module.ExecutorThrowingOnIncremental = CompiledThrowing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expects the tests that `LEFT_OUT` names to fail, each for its reason; all must be there."""
    reasons: dict[str, str] = json.loads(os.environ["LEFT_OUT"])
    for item in items:
        if (reason := reasons.pop(item.nodeid, None)) is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    if reasons:
        raise pytest.UsageError(f"there are no such tests: {', '.join(reasons)}")


(Plans.__init__.__kwdefaults__ or {})["sightings"] = 1
