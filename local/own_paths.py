"""The paths that are the stage's own; all others are AWS's."""

HEALTH_PATH = "/_datastreamer/health"
OPERATIONS_PATH = "/_datastreamer/operations"
WEBSITES_PATH = "/_datastreamer/websites/"
