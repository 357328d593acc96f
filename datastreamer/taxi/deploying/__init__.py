"""How an approved version comes into service, and how one that does badly leaves it."""
