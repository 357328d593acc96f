"""The REST API of a domain: routes, parameters, answers and errors."""
