"""A pytest plugin for graphql-core's own tests: what they execute runs compiled, from the first sighting on."""

import sys
from typing import Any

import graphql.execution.execute  # noqa: F401 - the module is found by its name below
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
(Plans.__init__.__kwdefaults__ or {})["sightings"] = 1
