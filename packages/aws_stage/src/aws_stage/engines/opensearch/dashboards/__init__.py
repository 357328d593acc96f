"""What a domain keeps for OpenSearch Dashboards."""
