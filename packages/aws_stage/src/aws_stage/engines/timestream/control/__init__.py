"""The control plane: databases, tables and their tags."""
