"""The query DSL: what a search asks for, as SQL."""
