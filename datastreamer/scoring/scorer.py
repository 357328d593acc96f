"""Scoring a batch with as few calls as the endpoint allows, so that each row gets an outcome of its own.

- A call that is throttled, times out or finds nobody is repeated with backoff while there is time; then its rows, and
  those not yet asked for, have failed.
- A call whose rows the model refuses is cut until the refused row is alone; that row is rejected. Rows of unequal width
  are set apart first, since that is what models refuse most; then a call is halved.
- A call at which the model fails is repeated a few times, then cut likewise. A row at which it fails alone is asked for
  again right after the model has scored another row, the control. It is rejected when the model fails at it then and
  scores the control once more, or when that has happened twice: a row may end the model's process. Where the control
  is not scored the model is down, and is asked again while there is time.
- A row whose score is not finite, or outside the range that the model declares, is asked for once more, and then
  rejected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.scoring.calls import IMPOSSIBLE, NO_ANSWER, THROTTLED, UNAVAILABLE, Calls
from datastreamer.scoring.chunks import chunks
from datastreamer.scoring.control import Control
from datastreamer.scoring.delivery import Failed, Outcome, Rejected, Scored
from datastreamer.scoring.endpoint import (
    Answer,
    Endpoint,
    EndpointUnavailableError,
    ModelFailedError,
    RowsRefusedError,
    kind_of,
)
from datastreamer.scoring.pacing import Deadline
from datastreamer.scoring.payload import Scores, is_finite
from datastreamer.scoring.serving import Model

REFUSED: Final = "refused_by_model"
MODEL_FAILED: Final = "model_failed"
NOT_FINITE: Final = "score_not_finite"
OUT_OF_RANGE: Final = "score_out_of_range"

MODEL_ATTEMPTS: Final = 4
"""How often a whole call is tried while the model fails. A piece of one is tried once."""
FELLED: Final = 2
"""How often the model must fail at a row right after it scored another, where it is silent afterwards."""
SILENT: Final = frozenset({NO_ANSWER, THROTTLED, UNAVAILABLE})
"""Kinds of failed calls after which the model may only be starting again."""


@dataclass(frozen=True)
class RowByRow:
    """A ``Scoring`` in which any row may be one that the model does not take. ``most_rows``: of one call.

    ``control`` goes from batch to batch.
    """

    endpoint: Endpoint
    most_rows: int
    control: Control = field(default_factory=Control)

    def scorer(self, deadline: Deadline, call_seconds: float, calls: Calls) -> Scorer:
        """See ``Scoring``."""
        return Scorer(self.endpoint, self.most_rows, deadline, call_seconds, calls, self.control)

    def take_problem(self) -> str:
        """Why the model behind the endpoint was not known, or its declaration not used."""
        return self.endpoint.serving.take_problem() if self.endpoint.serving else ""


@dataclass
class Scorer:
    """Scores one batch. ``call_seconds`` is how long one call may take at most; ``calls`` counts what was called.

    ``control`` is of the batches before, and is left to those after.
    ``retries``: how many calls were repeated, since the scorer was made.
    """

    endpoint: Endpoint
    most_rows: int
    deadline: Deadline
    call_seconds: float
    calls: Calls
    control: Control = field(default_factory=Control)
    retries: int = 0
    _outcomes: dict[int, Outcome] = field(default_factory=dict)
    _suspects: set[int] = field(default_factory=set)
    _felled: Counter[int] = field(default_factory=Counter)
    _waits: int = 0

    def score(self, rows: Sequence[bytes]) -> list[Outcome]:
        """An outcome for each of ``rows`` (as the endpoint's payload gives them), in their order."""
        self._outcomes = {}
        self._suspects.clear()
        self._felled.clear()
        unsure = self._score(rows, range(len(rows)))
        if unsure:
            self._score_again(rows, unsure)
        return [self._outcomes[place] for place in range(len(rows))]

    def _score_again(self, rows: Sequence[bytes], unsure: Mapping[int, Rejected]) -> None:
        if not self.deadline.pause(0, self.call_seconds):
            for place, impossible in unsure.items():
                self._fail([[place]], f"{impossible.detail}, and no time was left to ask again")
            return
        self.retries += 1
        for place, impossible in self._score(rows, list(unsure)).items():
            self._outcomes[place] = Rejected(impossible.reason, f"{impossible.detail}, twice")

    def _score(self, rows: Sequence[bytes], places: Sequence[int]) -> dict[int, Rejected]:
        """Score the rows at ``places``; those whose scores cannot be, and why."""
        unsure: dict[int, Rejected] = {}
        whole = list(chunks(places, rows, self.endpoint.payload, self.most_rows))
        pending = [(piece, True) for piece in reversed(whole)]
        while pending:
            piece, is_whole = pending.pop()
            alone = len(piece) == 1
            works = piece[0] in self._suspects and alone and self._model_works(rows[piece[0]], patient=True)
            try:
                answer = self._ask([rows[place] for place in piece], patient=is_whole)
            except RowsRefusedError as error:
                if alone:
                    self._outcomes[piece[0]] = Rejected(REFUSED, str(error))
                else:
                    pending += _pieces(piece, rows)
            except ModelFailedError as error:
                if not alone:
                    pending += _pieces(piece, rows)
                elif self._is_poison(piece[0], rows[piece[0]], works=works):
                    self._outcomes[piece[0]] = Rejected(MODEL_FAILED, str(error))
                elif self._wait():
                    self._suspects.add(piece[0])
                    pending.insert(0, (piece, False))
                else:
                    self._fail([piece, *(piece for piece, _ in pending)], str(error))
                    break
            except (EndpointUnavailableError, ConfigurationError) as error:
                self._fail([piece, *(piece for piece, _ in pending)], str(error))
                break
            else:
                self._waits = 0
                self.control.remember(rows[piece[0]])
                unsure |= self._take(piece, answer)
        return unsure

    def _take(self, piece: Sequence[int], answer: Answer) -> dict[int, Rejected]:
        unsure = {}
        for place, scores in zip(piece, answer.scores, strict=True):
            if impossible := _impossible(scores, answer.model):
                unsure[place] = impossible
            else:
                self._outcomes[place] = Scored(scores, answer.variant, answer.model.name if answer.model else None)
        return unsure

    def _fail(self, pieces: Sequence[Sequence[int]], detail: str) -> None:
        for piece in pieces:
            for place in piece:
                self._outcomes[place] = Failed(detail)

    def _is_poison(self, place: int, row: bytes, *, works: bool) -> bool:
        """Whether it is this row at which the model failed alone just now, and not the model that is down.

        ``works``: the model had scored the control right before.
        """
        if not works and not (self._model_works(row) and self._fails_at(row)):
            return False
        self._felled[place] += 1
        return self._felled[place] >= FELLED or self._model_works(row)

    def _fails_at(self, row: bytes) -> bool:
        if not self.deadline.allows(self.call_seconds):
            return False
        try:
            self._call([row])
        except ModelFailedError:
            return True
        except DatastreamerError:
            return False
        return False

    def _model_works(self, row: bytes, *, patient: bool = False) -> bool:
        """Whether the model now scores the control of ``row``; with ``patient`` once it is no longer silent."""
        control = self.control.beside(row, self.endpoint.payload)
        while control is not None and self.deadline.allows(self.call_seconds):
            try:
                self._call([control])
            except RowsRefusedError:
                self.control.forget()
                return False
            except DatastreamerError as error:
                if not (patient and kind_of(error) in SILENT and self._wait()):
                    return False
            else:
                self._waits = 0
                return True
        return False

    def _wait(self) -> bool:
        """Pause before the model is asked again; False when there is no time for that."""
        if not self.deadline.pause(self._waits, self.call_seconds):
            return False
        self._waits += 1
        self.retries += 1
        return True

    def _call(self, rows: Sequence[bytes]) -> Answer:
        try:
            answer = self.endpoint.score(rows)
        except DatastreamerError as error:
            self.calls.note(kind_of(error))
            raise
        useless = all(_impossible(scores, answer.model) for scores in answer.scores)
        self.calls.note(IMPOSSIBLE if useless else None)
        return answer

    def _ask(self, rows: Sequence[bytes], *, patient: bool) -> Answer:
        if not self.deadline.allows(self.call_seconds):
            raise EndpointUnavailableError("no time is left for another call of the endpoint", UNAVAILABLE)
        attempt = 0
        while True:
            try:
                return self._call(rows)
            except EndpointUnavailableError:
                if not self.deadline.pause(attempt, self.call_seconds):
                    raise
            except ModelFailedError:
                last = attempt + 1 >= (MODEL_ATTEMPTS if patient else 1)
                if last or not self.deadline.pause(attempt, self.call_seconds):
                    raise
            attempt += 1
            self.retries += 1


def _impossible(scores: Scores, model: Model | None) -> Rejected | None:
    """Why no model, or not this one, can mean these scores; None when they may be right."""
    if not is_finite(scores):
        return Rejected(NOT_FINITE, "the score was not a finite number")
    for score in scores if model else ():
        if model and not model.may_score(score):
            said = " or ".join(str(each) for each in model.ranges)
            return Rejected(OUT_OF_RANGE, f"the score was {score:.6g}, and model {model.name} declares {said}")
    return None


def _pieces(piece: list[int], rows: Sequence[bytes]) -> list[tuple[list[int], bool]]:
    """The pieces to ask for instead, the most promising last, as they are taken from the end."""
    by_width: dict[int, list[int]] = {}
    for place in piece:
        by_width.setdefault(rows[place].count(b","), []).append(place)
    if len(by_width) > 1:
        return [(group, False) for group in sorted(by_width.values(), key=len)]
    middle = len(piece) // 2
    return [(piece[middle:], False), (piece[:middle], False)]
