"""The promises: what must hold for every field, table and input there is, and for every later one."""
