"""What a crawler is told to do, read from its definition and checked as AWS checks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_stage.kernel.engine import AwsError

NEW_FOLDERS_ONLY = "CRAWL_NEW_FOLDERS_ONLY"

_S3_OPTIONS = frozenset({"Path", "Exclusions", "SampleSize"})
_CATALOG_OPTIONS = frozenset({"DatabaseName", "Tables"})
_CONFIGURATION: dict[tuple[str, ...], frozenset[Any]] = {
    ("Version",): frozenset({1.0}),
    ("CrawlerOutput", "Partitions", "AddOrUpdateBehavior"): frozenset({"InheritFromTable"}),
    ("CrawlerOutput", "Tables", "AddOrUpdateBehavior"): frozenset({"MergeNewColumns"}),
    ("Grouping", "TableGroupingPolicy"): frozenset({"CombineCompatibleSchemas"}),
    ("CreatePartitionIndex",): frozenset({False}),
}
"""https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html, as far as it is supported."""


@dataclass(frozen=True)
class Options:
    """``update``: UPDATE_IN_DATABASE or LOG; ``delete``: DEPRECATE_IN_DATABASE, DELETE_FROM_DATABASE or LOG."""

    update: str
    delete: str
    recrawl: str
    inherit_from_table: bool
    merge_new_columns: bool
    combine_compatible: bool

    @classmethod
    def of(cls, crawler: Mapping[str, Any]) -> Options:
        """Read a definition that ``check`` let pass."""
        given = _leaves(json.loads(crawler.get("Configuration") or "{}"))
        return cls(
            update=crawler["SchemaChangePolicy"]["UpdateBehavior"],
            delete=crawler["SchemaChangePolicy"]["DeleteBehavior"],
            recrawl=crawler["RecrawlPolicy"]["RecrawlBehavior"],
            inherit_from_table=("CrawlerOutput", "Partitions", "AddOrUpdateBehavior") in given,
            merge_new_columns=("CrawlerOutput", "Tables", "AddOrUpdateBehavior") in given,
            combine_compatible=("Grouping", "TableGroupingPolicy") in given,
        )


def check(crawler: Mapping[str, Any]) -> None:
    """Raise InvalidInputException for what AWS refuses, and for what is not supported here."""
    targets = {kind: found for kind, found in (crawler.get("Targets") or {}).items() if found}
    if not targets:
        _refuse("at least one crawl target is required")
    for kind, known in (("S3Targets", _S3_OPTIONS), ("CatalogTargets", _CATALOG_OPTIONS)):
        for target in targets.pop(kind, ()):
            for option in target.keys() - known:
                if target[option]:
                    _refuse(f"the local stage does not support {option} of {kind}")
            if kind == "S3Targets" and not str(target.get("Path", "")).startswith("s3://"):
                _refuse(f"{target.get('Path')!r} is not an S3 path: write s3://bucket/folder/")
            if kind == "CatalogTargets" and not target.get("Tables"):
                _refuse("a catalog target names at least one table")
    for kind in targets:
        _refuse(f"the local stage crawls S3Targets and CatalogTargets, not {kind}")
    if crawler.get("Classifiers"):
        _refuse("the local stage has the built-in classifiers only: leave Classifiers empty")
    if (crawler.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials"):
        _refuse("the local stage does not support Lake Formation credentials")
    _check_policies(crawler)
    _check_configuration(crawler.get("Configuration") or "")


def _check_policies(crawler: Mapping[str, Any]) -> None:
    change, recrawl = crawler["SchemaChangePolicy"], crawler["RecrawlPolicy"]["RecrawlBehavior"]
    if crawler["Targets"].get("CatalogTargets"):
        if crawler["Targets"].get("S3Targets"):
            _refuse("Catalog targets cannot be mixed with other targets")
        if change["DeleteBehavior"] != "LOG":
            _refuse(
                "The SchemaChangePolicy for delete behavior can only be set to LOG for a crawler with catalog targets"
            )
        if recrawl != "CRAWL_EVERYTHING":
            _refuse("Catalog targets are crawled with CRAWL_EVERYTHING only")
    if recrawl not in {"CRAWL_EVERYTHING", NEW_FOLDERS_ONLY}:
        _refuse(f"the local stage supports CRAWL_EVERYTHING and {NEW_FOLDERS_ONLY}, not {recrawl}")
    if recrawl == NEW_FOLDERS_ONLY and (change["UpdateBehavior"], change["DeleteBehavior"]) != ("LOG", "LOG"):
        _refuse(f"The SchemaChangePolicy for {NEW_FOLDERS_ONLY} must have update and delete behavior LOG")


def _check_configuration(text: str) -> None:
    if not text:
        return
    try:
        configuration = json.loads(text)
    except ValueError:
        _refuse("Configuration is not JSON")
    if not isinstance(configuration, dict) or "Version" not in configuration:
        _refuse("Configuration must be an object with Version 1.0")
    for path, value in _leaves(configuration).items():
        if value not in _CONFIGURATION.get(path, ()):
            _refuse(f"the local stage does not support {'.'.join(path)} = {value!r} in Configuration")


def _leaves(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in tree.items():
        path = (*above, name)
        found |= _leaves(value, path) if isinstance(value, dict) else {path: value}
    return found


def _refuse(message: str) -> None:
    raise AwsError("InvalidInputException", message)
