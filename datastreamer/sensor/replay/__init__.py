"""Replaying recorded readings from a CSV file."""
