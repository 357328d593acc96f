"""Simulated temperature sensors: a fleet of devices, what they measure, and what goes wrong."""
