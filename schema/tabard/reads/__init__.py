"""Reads: how a declared field gets its values for all parents of a level in one call."""
