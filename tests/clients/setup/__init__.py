"""Clients as frontends set them up; `schema/README.md` quotes them."""
