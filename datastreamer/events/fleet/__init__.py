"""The events of an installed base: its contract, and the graph that a set of them means."""
