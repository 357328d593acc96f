"""The paths below which the stage serves something of its own, beside AWS's APIs."""

from __future__ import annotations

HEALTH_PATH = "/_datastreamer/health"
OPERATIONS_PATH = "/_datastreamer/operations"
WEBSITES_PATH = "/_datastreamer/websites/"
