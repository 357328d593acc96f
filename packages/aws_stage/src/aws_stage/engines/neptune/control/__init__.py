"""Clusters and their instances, subnet groups and parameter groups, as the API that signs as ``rds`` has them."""
