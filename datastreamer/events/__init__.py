"""Event contracts: what each pipeline's records look like on the wire."""
