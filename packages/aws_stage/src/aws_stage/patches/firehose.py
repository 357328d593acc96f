"""Firehose: the engine delivers; ministack must not."""

from __future__ import annotations

from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack.services import firehose

    replace(firehose, "ingest_from_kinesis_source", _ignore)


def _ignore(*_args: object, **_kwargs: object) -> None:
    """The firehose engine reads the stream itself; ministack's own delivery (one raw object a record) must be off."""
