"""The server: HTTP, limits, identity and the command line round the graph."""
