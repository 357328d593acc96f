"""A DynamoDB table's items as ministack's functions see them: dictionaries of dictionaries, which are rows on disk."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from aws_stage.gateway.protocol import decode
from aws_stage.storage.items import ItemTable, Key

Item = dict[str, Any]

NO_SORT_KEY = "__no_sort__"
"""What ministack gives for the sort key of a table that has none."""


class KeySchema:
    """How a table's keys are written into rows."""

    def __init__(self, table: dict[str, Any]) -> None:
        types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
        self.pk_name: str = table["pk_name"]
        self.sk_name: str | None = table["sk_name"]
        self._pk_type = types.get(self.pk_name, "S")
        self._sk_type = types.get(self.sk_name, "S")

    def pk(self, value: str) -> Key:
        """A partition key as a row has it."""
        return row_key(self._pk_type, value)

    def sk(self, value: str) -> Key:
        """A sort key as a row has it."""
        return row_key(self._sk_type, value)

    def values(self, item: Item) -> tuple[str, str]:
        """Partition and sort key of an item, as ministack names them."""
        [pk] = item[self.pk_name].values()
        [sk] = item[self.sk_name].values() if self.sk_name else [NO_SORT_KEY]
        return pk, sk


def row_key(kind: str, value: str) -> Key:
    """A key of a type (S, N or B) such that keys compare as DynamoDB compares their values."""
    if kind == "S":
        return value
    return base64.b64decode(value) if kind == "B" else _number_key(Decimal(value))


_COMPLEMENT = bytes.maketrans(b"0123456789", b"9876543210")


def _number_key(number: Decimal) -> bytes:
    """Sign, exponent and digits; those of a negative number inverted, and ended by what sorts after any digit."""
    if not number:
        return b"\x80"
    exponent = number.adjusted() + 130  # from 1E-130 to 9.9E+125
    digits = "".join(map(str, number.as_tuple().digits)).strip("0").encode()
    if number > 0:
        return bytes((0xC0, exponent)) + digits
    return bytes((0x40, 255 - exponent)) + digits.translate(_COMPLEMENT) + b"\xff"


class Items:
    """``table["items"]``: partitions by their key."""

    def __init__(self, rows: ItemTable, schema: KeySchema) -> None:
        self.rows = rows
        self.schema = schema

    def __getitem__(self, pk: str) -> Partition:
        return Partition(self, pk)

    def get(self, pk: str, _default: object = None) -> Partition:
        return Partition(self, pk)

    def __contains__(self, pk: str) -> bool:
        return any(True for _ in self[pk])

    def __iter__(self) -> Iterator[str]:
        return iter({self.schema.values(item)[0]: None for item in self.all()})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> list[str]:
        return list(self)

    def values(self) -> list[dict[str, Item]]:
        return [items for _, items in self.items()]

    def items(self) -> list[tuple[str, dict[str, Item]]]:
        """Every partition with its items, read at once."""
        partitions: dict[str, dict[str, Item]] = {}
        for item in self.all():
            pk, sk = self.schema.values(item)
            partitions.setdefault(pk, {})[sk] = item
        return list(partitions.items())

    def all(self) -> Iterator[Item]:
        """Every item, in the order of keys."""
        with self.rows.after() as rows:
            for content, _ in rows:
                yield decode(content)

    def __deepcopy__(self, _memo: object) -> dict[str, dict[str, Item]]:
        return dict(self.items())


class Partition:
    """``table["items"][pk]``: items by their sort key."""

    __slots__ = ("_items", "_pk")

    def __init__(self, items: Items, pk: str) -> None:
        self._items = items
        self._pk = pk

    def get(self, sk: str, default: Any = None) -> Any:
        schema = self._items.schema
        row = self._items.rows.get(schema.pk(self._pk), schema.sk(sk))
        return default if row is None else decode(row[0])

    def __getitem__(self, sk: str) -> Item:
        item: Item | None = self.get(sk)
        if item is None:
            raise KeyError(sk)
        return item

    def __contains__(self, sk: str) -> bool:
        return self.get(sk) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([sk for sk, _ in self.items()])

    def __len__(self) -> int:
        return len(self.items())

    def keys(self) -> list[str]:
        return list(self)

    def values(self) -> list[Item]:
        return [item for _, item in self.items()]

    def items(self) -> list[tuple[str, Item]]:
        """Every item with its sort key, in the order of those."""
        schema = self._items.schema
        with self._items.rows.partition(schema.pk(self._pk)) as rows:
            found = [decode(content) for _, content, _ in rows]
        return [(schema.values(item)[1], item) for item in found]

    def __deepcopy__(self, _memo: object) -> dict[str, Item]:
        return dict(self.items())
