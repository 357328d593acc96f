"""Scoring again what a bad version scored: gold has the features, and of two predictions of a trip the later counts."""
