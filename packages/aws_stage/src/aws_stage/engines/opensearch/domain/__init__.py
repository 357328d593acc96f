"""The API of domains: create, describe, change, delete, tag; and who may call a domain."""
