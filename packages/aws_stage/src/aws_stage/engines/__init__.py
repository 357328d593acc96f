"""Engines: the parts of AWS that the local stage runs for real, one package each."""
