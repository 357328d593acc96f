"""A Query or a Scan reads the page that it answers, not the table.

ministack lists, sorts and measures every item of the table (or of the partition) for each page of it. Here the rows of
the page are found first, by key, and ministack's own function sees a table that holds those alone.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.dynamodb.items import Item, Items
from aws_stage.gateway.protocol import decode
from aws_stage.storage.items import HIGHEST, LOWEST, Key

PAGE_BYTES = 1_048_576
"""What a Query or a Scan reads at most, before any filter."""

READ_UNIT_BYTES = 4096
_REVERSED = {"LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE", "EQ": "EQ"}


class _NotSimpleError(Exception):
    """The request is in a form that is left to ministack as a whole."""


@dataclass
class _Page:
    """The items that a call reads, in order, and their sizes."""

    items: list[Item]
    sizes: dict[int, int]
    start_key: Any
    read_bytes: int = 0


class Pages:
    """The page that the present call reads. A public method is given the function that it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._page: _Page | None = None

    def query(self, query: Callable[[Any], Any], data: dict[str, Any]) -> Any:
        """``Query``, on the page of the partition that it asks for."""
        return self._narrowed(data, self._query_page, query)

    def scan(self, scan: Callable[[Any], Any], data: dict[str, Any]) -> Any:
        """``Scan``, on the page of the table that it asks for."""
        return self._narrowed(data, self._scan_page, scan)

    def past_start_key(self, skip: Callable[..., Any], candidates: Any, *args: Any, **kwargs: Any) -> Any:
        """The items past the start key: the page begins there."""
        return candidates if self._page else skip(candidates, *args, **kwargs)

    def paginate(self, paginate: Callable[..., Any], items: list[Item], limit: Any, *args: Any) -> Any:
        """``(items of the page, whether there are more)``, by the sizes that the rows have."""
        if not self._page:
            return paginate(items, limit, *args)
        total = 0
        for number, item in enumerate(items):
            size = self._page.sizes[id(item)]
            if number and total + size > PAGE_BYTES:
                return items[:number], True
            self._page.read_bytes = total = total + size
            if (limit is not None and number + 1 >= int(limit)) or total >= PAGE_BYTES:
                return items[: number + 1], True
        return items, False

    def meets(self, evaluate: Callable[..., Any], expression: Any, item: Any, *args: Any, **kwargs: Any) -> Any:
        """The rows were found by the key condition; one item is held against it all the same, for what it says."""
        page = self._page
        if page and page.items and kwargs.get("slot") == "KeyConditionExpression":
            found = item is not page.start_key and item is not page.items[0]
            return found or evaluate(expression, item, *args, **kwargs)
        return evaluate(expression, item, *args, **kwargs)

    def consume(
        self, add: Callable[..., None], result: dict[str, Any], data: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        """A read is charged for what it read, by 4 KB; ministack charges the same for any."""
        add(result, data, *args, **kwargs)
        if self._page and "ConsumedCapacity" in result:
            units = max(1, math.ceil(self._page.read_bytes / READ_UNIT_BYTES)) * (
                1.0 if data.get("ConsistentRead") else 0.5
            )
            consumed = result["ConsumedCapacity"]
            consumed["CapacityUnits"] = units
            if "Table" in consumed:
                consumed["Table"] = {"CapacityUnits": units}

    def _narrowed(self, data: dict[str, Any], find: Callable[..., _Page], original: Callable[[Any], Any]) -> Any:
        table = self._dynamodb._tables.get(self._dynamodb._normalize_table_name(data.get("TableName")))
        items = table and table["items"]
        if data.get("IndexName") or not isinstance(items, Items):
            return original(data)
        try:
            self._page = find(data, table, items)
        except (_NotSimpleError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            return original(data)  # which says what is wrong with the request
        table["items"] = _OnePartition(self._page.items)
        try:
            return original(data)
        finally:
            table["items"] = items
            self._page = None

    def _query_page(self, data: dict[str, Any], _table: Any, items: Items) -> _Page:
        schema = items.schema
        values = data.get("ExpressionAttributeValues") or {}
        condition = data["KeyConditionExpression"]
        names = data.get("ExpressionAttributeNames") or {}
        pk = self._dynamodb._extract_pk_from_condition(condition, values, names, schema.pk_name)
        if pk is None:
            raise _NotSimpleError
        low, high, excluded = self._sort_key_range(condition, names, values, schema.sk_name, schema.sk)
        start, backward = data.get("ExclusiveStartKey"), not data.get("ScanIndexForward", True)
        if start:
            at = schema.sk(schema.values(start)[1])
            excluded = {*excluded, at}
            low, high = (low, min_key(high, at)) if backward else (max_key(low, at), high)
        with items.rows.partition(schema.pk(pk), low, high, backward=backward) as rows:
            return _page(((item, size) for sk, item, size in rows if sk not in excluded), data, start)

    def _sort_key_range(
        self, condition: str, names: Any, values: Any, name: str | None, row_key: Callable[[str], Key]
    ) -> tuple[Key, Key, set[Key]]:
        """The lowest and the highest sort key that meet a key condition, and which of the two do not."""
        for clause in self._dynamodb._key_condition_clauses(self._dynamodb._tokenize(condition)):
            tokens = [token for token in clause if token[0] not in ("LPAREN", "RPAREN", "COMMA", "EOF")]
            attributes = [names.get(text, text) for kind, text in tokens if kind in ("IDENT", "NAME_REF")]
            if name not in attributes:
                continue
            bounds = [next(iter(values[text].values())) for kind, text in tokens if kind == "VALUE_REF"]
            shape = [kind for kind, _ in tokens]
            words = [text.lower() for kind, text in tokens if kind == "IDENT"]
            if words[:1] == ["begins_with"] and len(bounds) == 1:
                past = _after_prefix(row_key(bounds[0]))
                return row_key(bounds[0]), past, {past}
            if "between" in words and len(bounds) == 2:
                return row_key(bounds[0]), row_key(bounds[1]), set()
            if len(shape) != 3 or len(bounds) != 1:
                raise _NotSimpleError
            operator = _REVERSED[shape[1]] if shape[0] == "VALUE_REF" else shape[1]
            key = row_key(bounds[0])
            return {
                "EQ": (key, key, set[Key]()),
                "LT": (LOWEST, key, {key}),
                "LE": (LOWEST, key, set[Key]()),
                "GT": (key, HIGHEST, {key}),
                "GE": (key, HIGHEST, set[Key]()),
            }[operator]
        return LOWEST, HIGHEST, set()

    def _scan_page(self, data: dict[str, Any], table: Any, items: Items) -> _Page:
        schema = items.schema
        start = data.get("ExclusiveStartKey")
        after = (schema.pk(schema.values(start)[0]), schema.sk(schema.values(start)[1])) if start else ()
        segment, segments = data.get("Segment"), data.get("TotalSegments")
        with items.rows.after(*after) as rows:
            if segment is None or segments is None:
                return _page(rows, data, start)
            name = table["pk_name"]
            return _page(_of_segment(rows, name, int(segment), int(segments)), data, start)


class _OnePartition(dict[Any, Any]):
    """The items of a page as a table's one partition, whatever key is asked, under numbers that keep their order."""

    def __init__(self, items: list[Item]) -> None:
        super().__init__({0: dict(enumerate(items))})

    def get(self, _key: object, _default: object = None) -> Any:
        return self[0]


def _page(rows: Iterable[tuple[bytes, int]], data: dict[str, Any], start_key: Any) -> _Page:
    """What is read until the page is full, and one item more: it tells that there are more."""
    limit = data.get("Limit")
    page = _Page([], {}, start_key)
    total = 0
    for content, size in rows:
        item = decode(content)
        page.items.append(item)
        page.sizes[id(item)] = size
        total += size
        if total > PAGE_BYTES or (limit is not None and len(page.items) > int(limit)):
            break
    return page


def _of_segment(
    rows: Iterable[tuple[bytes, int]], name: str, segment: int, segments: int
) -> Iterator[tuple[bytes, int]]:
    """The rows of a parallel scan's segment, divided as ministack divides them."""
    for content, size in rows:
        [pk] = decode(content)[name].values()
        if (
            int.from_bytes(hashlib.sha1(str(pk).encode(), usedforsecurity=False).digest()[:4], "big") % segments
            == segment
        ):
            yield content, size


def max_key(one: Key, other: Key) -> Key:
    """The higher of two keys of a type, or of a key and one of the limits."""
    return other if one == LOWEST else one if other == LOWEST else max(one, other)


def min_key(one: Key, other: Key) -> Key:
    """The lower of two keys of a type, or of a key and one of the limits."""
    return other if one == HIGHEST else one if other == HIGHEST else min(one, other)


def _after_prefix(prefix: Key) -> Key:
    """The lowest key that is past all that begin with ``prefix``."""
    if isinstance(prefix, bytes):
        rest = prefix.rstrip(b"\xff")
        return rest[:-1] + bytes((rest[-1] + 1,)) if rest else HIGHEST
    rest_of_text = prefix.rstrip("\U0010ffff")
    if not rest_of_text:
        return HIGHEST
    last = ord(rest_of_text[-1]) + 1
    return rest_of_text[:-1] + chr(0xE000 if 0xD800 <= last <= 0xDFFF else last)
