"""Mappings as Lambda's API makes, describes, changes and tags them."""
