"""Endpoints: models, configurations, and a server process for each instance of a variant."""
