"""Simulated climate sensors for the inference pipeline: healthy ones, faulty ones, and what no model can score."""
