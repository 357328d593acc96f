"""Simulated voters: browsers that click, and send a vote again when they are not sure of it."""
