"""Documents: what depends on a document alone: whether it may be asked, and what it costs."""
