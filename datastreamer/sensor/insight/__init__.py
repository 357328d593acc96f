"""A simulated installed base: sites, gateways and devices, what they measure, what is changed and what goes wrong."""
