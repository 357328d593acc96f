"""Training sets of the fare model: which trips and features, and the tables that Athena makes of them."""
