"""The audit of an inference run: each record that was sent is a prediction once, or parked with its reason."""
