"""Documents of one delivery, as they are spooled: each with the id and the index that it keeps whatever happens."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from aws_stage.engines.firehose.records import Record
from aws_stage.engines.firehose.search.target import SearchTarget


@dataclass(frozen=True)
class Document:
    """``arrival`` is in milliseconds since the epoch; ``id`` is None where OpenSearch is to make one."""

    index: str
    id: str | None
    arrival: int
    data: bytes

    def action(self) -> bytes:
        """Its two lines of a bulk request."""
        options = {"_index": self.index} if self.id is None else {"_index": self.index, "_id": self.id}
        return json.dumps({"index": options}).encode() + b"\n" + self.data.strip() + b"\n"

    def is_one_line(self) -> bool:
        """Whether it can be a line of a bulk request."""
        stripped = self.data.strip()
        return bool(stripped) and b"\n" not in stripped


def document_of(record: Record, data: bytes, target: SearchTarget, namespace: uuid.UUID) -> Document:
    """A record's document. Its id is the same whenever it is made: ``namespace`` is the delivery stream's."""
    name = f"{record.partition}/{record.position}/{record.subsequence}"
    made = str(uuid.uuid5(namespace, name)) if target.has_ids else None
    return Document(target.index_at(record.arrival), made, round(record.arrival * 1000), data)


def packed(documents: Iterable[Document]) -> bytes:
    """Documents as lines."""
    return b"".join(
        json.dumps([each.index, each.id, each.arrival, base64.b64encode(each.data).decode()]).encode() + b"\n"
        for each in documents
    )


def unpacked(content: bytes) -> list[Document]:
    """What ``packed`` has made."""
    found = []
    for line in content.splitlines():
        index, document_id, arrival, data = json.loads(line)
        found.append(Document(index, document_id, arrival, base64.b64decode(data)))
    return found
