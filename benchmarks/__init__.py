"""Benchmarks: what Tabard's engine costs, as ratios measured in one process or against one floor."""
