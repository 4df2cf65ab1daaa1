"""The record machinery: what every registered record type gets without another line."""
