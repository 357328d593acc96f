"""Making a training and a validation set: two tables of their own for each run, in places that nothing else uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.athena import run_query
from datastreamer.errors import JobFailedError
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.training import selection
from datastreamer.taxi.training.features import FEATURES, feature_hash
from datastreamer.taxi.training.selection import Bounds, Split

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

NewClient = Callable[[str], Any]

MINIMUM_ROWS: Final = 1_000
"""Trips that a set must have: below, a model of seven features learns noise, and an error is an accident."""


class TooFewTripsError(JobFailedError):
    """A set would have fewer trips than it must."""


@dataclass(frozen=True)
class TrainingSet:
    """``rows`` trips of ``months`` as Parquet files below ``uri``, which the catalogue's ``table`` describes."""

    table: str
    uri: str
    rows: int
    months: tuple[str, ...]


@dataclass(frozen=True)
class TrainingSets:
    """The two sets of ``run``; ``features`` are their columns behind the label, ``feature_hash`` is theirs."""

    run: str
    training: TrainingSet
    validation: TrainingSet
    features: tuple[str, ...]
    feature_hash: str

    def document(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def make_sets(
    names: Names,
    client: NewClient,
    split: Split,
    bounds: Bounds,
    *,
    run: str,
    minimum_rows: int = MINIMUM_ROWS,
    report: Callable[[str], None] = lambda _state: None,
) -> TrainingSets:
    """Make both sets; ``run`` names them (letters, digits and underscores), ``report`` is called with each step.

    Raises TooFewTripsError before anything is made when a set would have fewer than ``minimum_rows`` trips, and
    JobFailedError, with both tables dropped, when Athena wrote another number of rows than it had counted.
    """
    athena = client("athena")
    months = {"training": split.training, "validation": (split.validation,)}
    expected = {}
    for name, of in months.items():
        report(f"counting trips for {name}")
        expected[name] = _number(athena, names, selection.count(of, bounds))
        if expected[name] < minimum_rows:
            raise TooFewTripsError(
                f"{name} would have {expected[name]:,} trips of {_shown(of)}, fewer than {minimum_rows:,}. Are the "
                "months in the table? datastreamer taxi audit"
            )
    tables = {name: f"taxi_{name}_{run}" for name in months}
    made: dict[str, TrainingSet] = {}
    try:
        for name, of in months.items():
            report(f"writing {expected[name]:,} trips for {name}")
            _ask(athena, names, selection.create(tables[name], of, bounds))
            made[name] = _written(client, names, tables[name], of)
            if made[name].rows != expected[name]:
                break
    except JobFailedError:
        _drop(athena, names, tables.values())
        raise
    for name, each in made.items():
        if each.rows != expected[name]:
            _drop(athena, names, tables.values())
            raise JobFailedError(
                f"{each.table} had {each.rows:,} fares, and {expected[name]:,} trips were counted: the table of trips "
                "changed meanwhile. Try again when no run of the job is on"
            )
    features = tuple(feature.name for feature in FEATURES)
    return TrainingSets(run, made["training"], made["validation"], features, feature_hash())


def _written(client: NewClient, names: Names, table: str, months: Sequence[Month]) -> TrainingSet:
    """The set as it is. Athena succeeds when it writes nothing, or NULLs, so labels are counted and not rows."""
    rows = _number(client("athena"), names, f"SELECT COUNT(label) FROM {table}")  # noqa: S608  our own name
    found = client("glue").get_table(DatabaseName=names.database, Name=table)["Table"]
    uri = found["StorageDescriptor"]["Location"].rstrip("/") + "/"
    return TrainingSet(table, uri, rows, tuple(map(str, months)))


def _drop(athena: AthenaClient, names: Names, tables: Iterable[str]) -> None:
    for table in tables:
        _ask(athena, names, f"DROP TABLE IF EXISTS {table}")


def _ask(athena: AthenaClient, names: Names, sql: str) -> list[list[str | None]]:
    return run_query(athena, sql, workgroup=names.training_workgroup, database=names.database).rows


def _number(athena: AthenaClient, names: Names, sql: str) -> int:
    [[number]] = _ask(athena, names, sql)
    return int(number or 0)


def _shown(months: Sequence[Month]) -> str:
    return str(months[0]) if len(months) == 1 else f"{months[0]} to {months[-1]}"
