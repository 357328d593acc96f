"""Simulated yellow taxis of New York: who rides where and when, and what the meter makes of it."""
