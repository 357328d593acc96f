"""Live trips and the fare model: what a trip should have cost, and whether what was charged is an outlier."""
