"""What an error of AWS means."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoRegionError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.retries import standard

from datastreamer.aws.faults import THROTTLES, code_of, is_missing, is_missing_object, is_throttled, is_transient
from datastreamer.sensor.kinesis.failures import Outcome, record_outcome, request_outcome


def fault(code: str, status: int = 400, message: str = "the service's words") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


def test_every_throttle_that_the_sdk_knows_is_one() -> None:
    known: Any = standard.ThrottledRetryableChecker
    assert set(known._THROTTLED_ERROR_CODES) <= THROTTLES


@pytest.mark.parametrize("code", sorted(THROTTLES))
def test_a_throttle_is_one_for_every_pipeline(code: str) -> None:
    assert is_throttled(fault(code))
    assert is_transient(fault(code))
    assert record_outcome(code) is Outcome.THROTTLED
    assert request_outcome(fault(code), "stream", "") is Outcome.THROTTLED


def test_a_service_that_answers_429_throttles_whatever_its_code() -> None:
    assert is_throttled(fault("OfItsOwn", 429))
    assert request_outcome(fault("OfItsOwn", 429), "stream", "") is Outcome.THROTTLED


@pytest.mark.parametrize(
    "error",
    [
        *(fault(code) for code in ("RequestTimeout", "RequestTimeoutException", "InternalServerError")),
        *(fault("OfItsOwn", status) for status in (500, 503)),
        ReadTimeoutError(endpoint_url="http://nowhere"),
        ResponseParserError("no answer of AWS"),
    ],
    ids=repr,
)
def test_a_call_that_may_have_been_done_is_transient_and_no_throttle(error: Exception) -> None:
    assert is_transient(error)
    assert not is_throttled(error)
    assert request_outcome(error, "stream", "") is Outcome.UNKNOWN


def test_a_service_that_is_not_reached_is_transient() -> None:
    assert is_transient(EndpointConnectionError(endpoint_url="http://nowhere"))


@pytest.mark.parametrize("error", [fault("AccessDeniedException"), fault("ValidationException"), NoRegionError()])
def test_what_somebody_must_fix_is_not_transient(error: Exception) -> None:
    assert not is_transient(error)
    assert not is_throttled(error)


@pytest.mark.parametrize(
    "error",
    [
        fault("ResourceNotFoundException"),
        fault("EntityNotFoundException"),
        fault("NoSuchBucket", 404),
        fault("NoSuchEntity", 404),
        fault("404", 404, "Not Found"),
        fault("ValidationException", message='Could not find endpoint "e".'),
        fault("InvalidRequestException", message="WorkGroup datastreamer-local is not found."),
    ],
    ids=code_of,
)
def test_a_resource_that_is_not_there_is_missing(error: ClientError) -> None:
    assert is_missing(error)


@pytest.mark.parametrize(
    "error",
    [
        fault("ValidationException", message="1 validation error detected"),
        fault("InvalidRequestException", message="line 1:8: mismatched input"),
        fault("AccessDenied", 403, "it is not found, or not yours"),
        fault("NoSuchKey", 404),
        ReadTimeoutError(endpoint_url="http://nowhere"),
    ],
    ids=repr,
)
def test_other_errors_say_nothing_of_a_missing_resource(error: Exception) -> None:
    assert not is_missing(error)


def test_a_missing_object_is_told_from_a_missing_bucket() -> None:
    assert is_missing_object(fault("NoSuchKey", 404))
    assert is_missing_object(fault("404", 404))
    assert not is_missing_object(fault("NoSuchBucket", 404))
