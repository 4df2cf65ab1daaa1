"""Execution: runs queries as sets. A document becomes a plan once; a plan runs column by column."""
