"""Forms: the ways in which an author contributes; `Plugin` is made of them."""
