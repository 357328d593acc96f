"""Lambda functions: one folder each, whose handler decodes, calls the rules of ``datastreamer``, writes and answers."""
