"""Bodies that an XGBoost endpoint reads."""

from __future__ import annotations

import numpy as np
import pytest
from aws_stage.engines.sagemaker.serving.feature_rows import read_rows
from aws_stage.engines.sagemaker.serving.model import RequestRefusedError

ROWS = [[1.0, 2.5], [-3.0, 4e3]]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", "1,2.5\n-3,4e3"),
        ("text/csv; charset=utf-8", "1,2.5\r\n-3, 4e3\r\n"),
        ("", "1,2.5\n-3,4e3\n"),
    ],
)
def test_rows_are_read_from_each_format(content_type: str, body: str) -> None:
    assert read_rows(body.encode(), content_type).tolist() == ROWS


def test_an_empty_field_is_a_missing_value() -> None:
    [row] = read_rows(b"1,,3", "text/csv")
    assert (row[0], np.isnan(row[1]), row[2]) == (1.0, True, 3.0)


@pytest.mark.parametrize("content_type", ["text/libsvm", "text/x-libsvm"])
def test_libsvm_gives_what_it_names_and_leaves_out_the_rest(content_type: str) -> None:
    rows = read_rows(b"1 0:1.5 2:-2\n0:4\n", content_type)
    assert rows.shape == (2, 3)
    assert rows.toarray().tolist() == [[1.5, 0.0, -2.0], [4.0, 0.0, 0.0]]
    assert rows.nnz == 3


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("text/csv", b"1,2\n3", "line 2 has 1 fields, line 1 has 2"),
        ("text/csv", b"1,x", "could not convert string to float"),
        ("text/csv", b"\xff\xfe", "can't decode"),
        ("text/libsvm", b"1 a:2", "invalid literal"),
        ("text/libsvm", b"1 -1:2", "an index is negative"),
        ("image/png", b"1,2", "Content-type image/png not supported"),
        (
            "application/json",
            b"[[1, 2]]",
            "Content-type application/json not supported. Supported content-type is text/csv",
        ),
        ("application/jsonlines", b"[1, 2]", "Content-type application/jsonlines not supported"),
    ],
)
def test_what_cannot_be_read_is_an_unsupported_media_type(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        read_rows(body, content_type)
    assert refused.value.status == 415
    assert reason in str(refused.value)
