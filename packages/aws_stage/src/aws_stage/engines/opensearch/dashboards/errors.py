"""Errors as OpenSearch Dashboards words them: ``{"statusCode": …, "error": …, "message": …}``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError


class DashboardsError(SearchError):
    """An error of the saved objects API."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__("dashboards_exception", message, status)

    def document(self) -> dict[str, Any]:
        return {"statusCode": self.status, "error": HTTPStatus(self.status).phrase, "message": self.reason}
