"""How the bytes of a file become the columns of a table: one module a SerDe."""
