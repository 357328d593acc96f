"""What an OpenSearch domain gets before predictions arrive: template, retention, and the dashboards that show them."""
