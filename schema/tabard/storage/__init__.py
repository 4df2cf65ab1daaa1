"""Storage: tables, the tenant's door, sessions and ids."""
