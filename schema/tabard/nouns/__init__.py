"""The shared nouns of the graph: people, workspaces, records, pipelines and properties."""
