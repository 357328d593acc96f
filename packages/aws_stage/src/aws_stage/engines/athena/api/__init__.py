"""Athena's API: what each operation stores, answers and refuses. Nothing here runs SQL."""
