"""Athena's text to trees: lexer, grammar and nodes. Nothing here knows a table, or what a type means."""
