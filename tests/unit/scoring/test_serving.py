"""Which model answers: looked up behind the endpoint, as seldom as can be, and never the wrong one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from botocore.exceptions import ReadTimeoutError

from datastreamer.scoring.serving import AGAIN_S, FRESH_S, REFUSED_S, Model, Serving
from tests.unit.inference.fakes import FakeSageMaker, FakeTime, client_error, serving


def named(found: Model | None) -> str | None:
    return found.name if found else None


def ask(asked: Serving) -> str | None:
    """The model of a call that begins and ends now."""
    asked.look()
    return named(asked.model("AllTraffic"))


def test_the_model_is_that_of_the_variant_which_answered() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.configs["config-1"] = {"blue": "model-1", "green": "model-2"}
    asked = serving(sagemaker)
    asked.look()
    assert [named(asked.model(variant)) for variant in ("blue", "green")] == ["model-1", "model-2"]


def test_calls_that_follow_each_other_ask_once() -> None:
    sagemaker, time = FakeSageMaker(), FakeTime()
    asked = serving(sagemaker, time)
    assert [ask(asked) for _ in range(5)] == ["model-1"] * 5
    assert sagemaker.asked == ["e", "config-1", "model-1"]
    time.sleep(FRESH_S)
    ask(asked)
    assert sagemaker.asked[3:] == ["e"]


def test_a_promotion_is_seen_and_its_model_is_looked_up() -> None:
    sagemaker, time = FakeSageMaker(score_range="0..1"), FakeTime()
    asked = serving(sagemaker, time)
    assert ask(asked) == "model-1"
    sagemaker.move("config-2")
    time.sleep(FRESH_S)
    asked.look()
    found = asked.model("AllTraffic")
    assert found is not None
    assert (found.name, found.may_score(Decimal(7))) == ("model-2", True)


def test_while_an_endpoint_passes_to_another_configuration_both_models_are_named() -> None:
    sagemaker = FakeSageMaker(score_range="0..1")
    sagemaker.move("config-1", coming="config-2")
    asked = serving(sagemaker)
    asked.look()
    found = asked.model("AllTraffic")
    assert found is not None
    assert (found.name, found.may_score(Decimal(7))) == ("model-1|model-2", True)


def test_a_promotion_during_a_call_leaves_it_open_which_model_answered() -> None:
    sagemaker, time = FakeSageMaker(), FakeTime()
    asked = serving(sagemaker, time)
    asked.look()
    sagemaker.move("config-2")
    time.sleep(FRESH_S)
    assert named(asked.model("AllTraffic")) == "model-1|model-2"
    assert ask(asked) == "model-2"


def test_an_unknown_variant_has_the_endpoint_looked_at_at_once() -> None:
    sagemaker = FakeSageMaker()
    asked = serving(sagemaker)
    asked.look()
    sagemaker.configs["config-2"] = {"green": "model-2"}
    sagemaker.move("config-2")
    assert named(asked.model("green")) == "model-2"


def test_a_model_made_anew_under_its_name_is_read_anew() -> None:
    sagemaker, time = FakeSageMaker(score_range="0..1"), FakeTime()
    asked = serving(sagemaker, time)
    ask(asked)
    sagemaker.environments["model-1"] = {"DATASTREAMER_SCORE_RANGE": "0..100"}
    sagemaker.move("config-1")
    time.sleep(FRESH_S)
    asked.look()
    found = asked.model("AllTraffic")
    assert found is not None
    assert found.may_score(Decimal(50))


def test_what_was_seen_last_is_believed_for_a_while_when_sagemaker_does_not_answer() -> None:
    sagemaker, time = FakeSageMaker(), FakeTime()
    asked = serving(sagemaker, time)
    ask(asked)
    sagemaker.script = [ReadTimeoutError(endpoint_url="http://x")] * 100
    time.sleep(FRESH_S)
    assert ask(asked) == "model-1"
    looks = len(sagemaker.asked)
    ask(asked)
    assert len(sagemaker.asked) == looks
    time.sleep(REFUSED_S)
    assert ask(asked) is None
    assert "cannot be looked up" in asked.take_problem()
    sagemaker.script = []
    time.sleep(AGAIN_S)
    assert ask(asked) == "model-1"


def test_a_refusal_is_not_asked_about_at_every_call() -> None:
    sagemaker, time = FakeSageMaker([client_error("AccessDeniedException", 400)]), FakeTime()
    asked = serving(sagemaker, time)
    assert [ask(asked), ask(asked)] == [None, None]
    assert sagemaker.asked == ["e"]
    assert "AccessDenied" in asked.take_problem()
    assert asked.take_problem() == ""
    time.sleep(REFUSED_S)
    assert ask(asked) == "model-1"


@pytest.mark.parametrize("declared", ["0-1", "1..0", "nan..1", "a..b", "0..inf"])
def test_a_declaration_that_is_none_is_told_and_not_heeded(declared: str) -> None:
    asked = serving(FakeSageMaker(score_range=declared))
    asked.look()
    found = asked.model("AllTraffic")
    assert found is not None
    assert found.may_score(Decimal(7))
    assert "model-1" in asked.take_problem()


@pytest.mark.parametrize(
    ("declared", "inside", "outside"),
    [("0..1", "1", "1.1"), ("0..", "9e9", "-1"), ("..5", "-9", "6"), ("-2..-1", "-1", "0")],
)
def test_a_range_may_be_open_at_an_end(declared: str, inside: str, outside: str) -> None:
    asked = serving(FakeSageMaker(score_range=declared))
    asked.look()
    found = asked.model("AllTraffic")
    assert found is not None
    assert (found.may_score(Decimal(inside)), found.may_score(Decimal(outside))) == (True, False)
