"""Changes to a text, by their places in it."""

from __future__ import annotations

from aws_stage.engines.neptune.graph.edits import Edits


def test_nothing_changed_is_the_text() -> None:
    assert Edits("MATCH (n)").applied() == "MATCH (n)"


def test_what_surrounds_a_part_keeps_the_order_in_which_it_was_put_around() -> None:
    edits = Edits("f(x)y")
    edits.before(0, "[")
    edits.before(0, "(")
    edits.after(4, ")")
    edits.after(4, "]")
    edits.before(4, "<")
    assert edits.applied() == "[(f(x))]<y"


def test_a_part_is_replaced() -> None:
    edits = Edits("id(n) = 1")
    edits.replace(0, 5, "n.`~id`")
    edits.after(5, "!")
    assert edits.applied() == "n.`~id`! = 1"
