"""FilterCriteria: which records a function gets."""
