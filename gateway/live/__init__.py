"""Live: WebSockets and event streams, over which changes are told as they happen."""
