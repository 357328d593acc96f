"""The paths that are the stage's own; all others are AWS's."""

HEALTH_PATH = "/_aws_stage/health"
OPERATIONS_PATH = "/_aws_stage/operations"
WEBSITES_PATH = "/_aws_stage/websites/"
