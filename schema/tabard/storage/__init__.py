"""Where rows are kept: tables, the tenant's door, sessions and migrations."""
