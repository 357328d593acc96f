"""WriteRecords: what is accepted, what is rejected, what is stored."""
