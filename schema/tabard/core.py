"""The core's own plugin: the shared CRM nouns are contributed by the same forms that authors use."""

from tabard.plugin import Plugin
from tabard.policies import WorkspaceReader
from tabard.records import tables

CORE = "core"
core = Plugin(CORE, title="Tabard", policy=WorkspaceReader)
core.metadata = tables.metadata
