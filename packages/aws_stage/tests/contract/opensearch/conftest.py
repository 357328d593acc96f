"""What every contract test of opensearch starts from."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.testing import RunningStage

from contract.opensearch.domains import client_of, new_domain


@pytest.fixture(scope="module")
def search(stage: RunningStage) -> Any:
    """opensearch-py on a domain of this module's own."""
    return client_of(stage, new_domain(stage))
