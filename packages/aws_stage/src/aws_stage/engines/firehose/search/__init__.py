"""The OpenSearch destination: its settings, index names, and the documents on their way into a domain."""
