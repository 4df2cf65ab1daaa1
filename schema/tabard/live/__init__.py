"""Live: what is committed reaches those who subscribed, from the outbox and resumable."""
