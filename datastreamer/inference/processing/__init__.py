"""What the function does with a batch: rows to the endpoint, items to the table, the rest parked or delivered again."""
