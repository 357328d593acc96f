"""What the stage knows of Neptune's resources: one document each, with the members that the API answers with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aws_stage.kernel.engine import AwsError
from aws_stage.storage.store import Document, Store

_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9]){0,62}")
"""Letters, digits and hyphens, a letter first, no hyphen last and no two in a row (API reference, CreateDBCluster)."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the key of its ARN, and the codes that the API has for one that is missing or there."""

    name: str
    arn_part: str
    arn_member: str
    missing: str
    taken: str


CLUSTER = Kind("cluster", "cluster", "DBClusterArn", "DBClusterNotFoundFault", "DBClusterAlreadyExistsFault")
INSTANCE = Kind("instance", "db", "DBInstanceArn", "DBInstanceNotFound", "DBInstanceAlreadyExists")
SUBNETS = Kind("subnet-group", "subgrp", "DBSubnetGroupArn", "DBSubnetGroupNotFoundFault", "DBSubnetGroupAlreadyExists")
PARAMETERS = Kind(
    "parameter-group", "pg", "DBParameterGroupArn", "DBParameterGroupNotFound", "DBParameterGroupAlreadyExists"
)
CLUSTER_PARAMETERS = Kind(
    "cluster-parameter-group",
    "cluster-pg",
    "DBClusterParameterGroupArn",
    "DBParameterGroupNotFound",
    "DBParameterGroupAlreadyExists",
)
KINDS = (CLUSTER, INSTANCE, SUBNETS, PARAMETERS, CLUSTER_PARAMETERS)


class Book:
    """``members`` of a document are the resource as the API describes it; ``tags`` are beside them."""

    def __init__(self, store: Store, region: str, account: str) -> None:
        self._store = store
        self._prefix = f"arn:aws:rds:{region}:{account}"

    def arn(self, kind: Kind, name: str) -> str:
        """The ARN of a resource."""
        return f"{self._prefix}:{kind.arn_part}:{name}"

    def all(self, kind: Kind) -> list[Document]:
        """Every resource of a kind, by name."""
        return [document for _, document in self._store.items(kind.name)]

    def find(self, kind: Kind, name: str) -> Document | None:
        """The resource of that name, in any case of its letters."""
        return self._store.get(kind.name, name.lower())

    def get(self, kind: Kind, name: str) -> Document:
        """The resource; raises AwsError."""
        found = self.find(kind, name)
        if found is None:
            raise AwsError(kind.missing, f"{kind.name.capitalize()} {name} not found.", 404)
        return found

    def create(self, kind: Kind, name: str, members: dict[str, Any], request: dict[str, Any], **kept: Any) -> Document:
        """Keep a new resource with the tags of its request; raises AwsError when its name is taken or is none."""
        key = name.lower()
        if not _IDENTIFIER.fullmatch(key):
            raise invalid(f"{name!r} is not a valid identifier")
        if self.find(kind, key) is not None:
            raise AwsError(kind.taken, f"{kind.name.capitalize()} {name} already exists.", 400)
        tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}
        document = {"members": {**members, kind.arn_member: self.arn(kind, key)}, "tags": tags, **kept}
        self._store.put(kind.name, key, document)
        return document

    def keep(self, kind: Kind, name: str, document: Document) -> None:
        """Replace a resource."""
        self._store.put(kind.name, name.lower(), document)

    def delete(self, kind: Kind, name: str) -> None:
        """Remove a resource."""
        self._store.delete(kind.name, name.lower())

    def named_by(self, arn: str) -> tuple[Kind, str, Document]:
        """The resource of an ARN; raises AwsError."""
        for kind in KINDS:
            name = arn.removeprefix(f"{self._prefix}:{kind.arn_part}:")
            if name != arn:
                return kind, name, self.get(kind, name)
        raise invalid(f"Invalid resource name: {arn}")


def invalid(message: str) -> AwsError:
    """InvalidParameterValue."""
    return AwsError("InvalidParameterValue", message, 400)


def contradictory(message: str) -> AwsError:
    """InvalidParameterCombination."""
    return AwsError("InvalidParameterCombination", message, 400)


def refused(what: str) -> AwsError:
    """The refusal of what no engine does, by its name."""
    return AwsError("UnsupportedOperationException", f"The local stage does not support {what}.", 400)


def neptune_alone(request: dict[str, Any]) -> None:
    """Refuse the engines of RDS and of DocumentDB, whose API this is too."""
    if request.get("Engine") != "neptune":
        raise refused(f"the database engine {request.get('Engine')}")
