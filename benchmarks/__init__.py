"""Benchmarks: what Tabard's engine costs, as ratios measured in one process or against one floor."""

import tabard.connection

# A page of a benchmark may hold more than a page; told before anybody reads the limit.
tabard.connection.MAX_PAGE = 1_000
