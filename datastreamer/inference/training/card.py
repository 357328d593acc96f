"""The model card: what the model is, what it was trained and measured on, and what it cannot do."""

from __future__ import annotations

import platform
from importlib.metadata import version

from datastreamer.inference.training.evaluation import Evaluation
from datastreamer.inference.training.model import PARAMETERS, ROUNDS
from datastreamer.inference.training.readings import FEATURES, HELD_OUT, TRAINING, VALIDATION, Part, Readings
from datastreamer.inference.training.trained import TrainedExample


def model_card(example: TrainedExample, training: Readings, validation: Readings, held_out: Readings) -> str:
    """The card in Markdown; it holds no time, so that the same training gives the same card."""
    faults = "".join(f"| `{name}` | {recall:.1%} |\n" for name, recall in example.held_out.recall_by_fault.items())
    found = example.held_out
    library, numpy = f"xgboost-cpu {version('xgboost-cpu')}", f"numpy {version('numpy')}"
    parameters = ", ".join(f"{name}={value}" for name, value in PARAMETERS.items())
    return f"""# Example model: anomalies in climate readings

Archive `{example.archive.name}`, SHA-256 beginning `{example.digest}`: {ROUNDS} gradient-boosted trees
({library}) that score one reading at a time. The score goes from 0 to 1 and rises with the chance that the
device is faulty. It is no frequency: the training data has more faults than a stream has.

## Features

In the order of `data`: {", ".join(FEATURES)}. Nothing else: no history, no device.

## Data

Simulated by `datastreamer.sensor.inference`: healthy climate sensors in five halls, and seven kinds of labelled
faults. The three sets share no device, no weather and no time.

| set | readings | faulty | seeds of its fleets | used to |
|---|---:|---:|---|---|
{_set(TRAINING, training, "fit the trees")}{_set(VALIDATION, validation, "choose the threshold")}\
{_set(HELD_OUT, held_out, "measure; seen by nothing before")}
## Threshold

**{example.threshold}**: the score with the best F1 on the validation set ({example.validation.f1:.3f} there).
A lower one finds more and cries wolf more often.

## Measured on the held-out set

| | precision | recall | F1 |
|---|---:|---:|---:|
{_result("this model", found)}{_result("plain limits: mean ± 3 standard deviations of each value", example.limits)}
{found.alarms:,} alarms, {found.found:,} of them right, of {found.anomalies:,} faulty readings among {found.records:,}.
Recall by fault:

| fault | found |
|---|---:|
{faults}
## Limits

- It sees one reading at a time: a drift or a leak is invisible while it is small, and a slightly warm hall looks like
  an ailing cooler. Their first readings are counted as missed above.
- It knows the simulated halls (about 18 to 27 deg C, 38 to 75 %, 990 to 1,025 hPa). For other places train another.
- Simulated faults are the ones that somebody thought of.

## Reproduce

```
datastreamer inference train-example --seed {example.seed} --records {example.records}
```

gives the same bytes with {library}, {numpy} and Python {platform.python_version()} on {platform.machine()}.
Parameters: {parameters}, seed={example.seed}.
"""


def _set(part: Part, readings: Readings, use: str) -> str:
    seeds = f"{readings.seeds[0]} to {readings.seeds[-1]}"
    return f"| {part.name} | {len(readings.values):,} | {readings.faulty.mean():.1%} | {seeds} | {use} |\n"


def _result(what: str, evaluation: Evaluation) -> str:
    return f"| {what} | {evaluation.precision:.1%} | {evaluation.recall:.1%} | {evaluation.f1:.3f} |\n"
