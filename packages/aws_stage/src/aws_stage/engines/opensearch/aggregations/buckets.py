"""The aggregations that make buckets, by the name that a request has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.opensearch.aggregations.filters import Filter, Several
from aws_stage.engines.opensearch.aggregations.histograms import DateHistogram, NumberHistogram
from aws_stage.engines.opensearch.aggregations.terms import Terms
from aws_stage.engines.opensearch.aggregations.tree import Aggregation, Parser, Tree

BUCKETS: dict[str, Callable[[Parser, dict[str, Any], Tree], Aggregation]] = {
    "date_histogram": DateHistogram,
    "filter": Filter,
    "filters": Several.filters,
    "histogram": NumberHistogram,
    "range": Several.ranges,
    "terms": Terms,
}
