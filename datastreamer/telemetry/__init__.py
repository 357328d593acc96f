"""The telemetry pipeline's rules: queries, the audit, and following its job and crawler."""
