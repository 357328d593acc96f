"""Terraform gives the tables the columns of the contract."""

from __future__ import annotations

from scripts.contract import TAXI_TABLES, written


def test_the_columns_in_the_tree_are_those_of_the_contract() -> None:
    assert TAXI_TABLES.read_text(encoding="utf-8") == written()[TAXI_TABLES], "write them: make contract"
