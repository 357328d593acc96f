"""The functions that a query may call: a name that is in none of these tables is refused."""
