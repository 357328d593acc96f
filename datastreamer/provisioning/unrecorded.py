"""What carries a stage's or a stack's tags at AWS and is in no state: an apply was cut off before it noted it.

Only what AWS gives an identifier of its own is looked for, since a second one would be made without a word. What has a
name of its own stops the next apply by itself: AWS says that it exists (``progress.py`` adds what to do).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NewClient = Callable[[str], Any]
Tags = Mapping[str, str]

KEY, REST_API, API = "aws_kms_key", "aws_api_gateway_rest_api", "aws_apigatewayv2_api"
DISTRIBUTION = "aws_cloudfront_distribution"
"""Terraform's types of these resources."""

LABELS = {KEY: "description", REST_API: "name", API: "name", DISTRIBUTION: "comment"}
"""The attribute that tells one from its like."""
ADOPTED = frozenset({KEY, DISTRIBUTION})
"""Taken into the state by the next apply: a key may have encrypted data, and a distribution takes long to delete. An
API is nothing but its settings, and its parts, which the state would lack too, cannot be taken in one by one."""
_DELETIONS = {
    KEY: "aws kms schedule-key-deletion --key-id {id}",
    REST_API: "aws apigateway delete-rest-api --rest-api-id {id}",
    API: "aws apigatewayv2 delete-api --api-id {id}",
    DISTRIBUTION: "aws cloudfront delete-distribution --id {id} --if-match <ETag>, once it is disabled",
}


@dataclass(frozen=True)
class Made:
    """One resource at AWS: Terraform's ``type`` for it, what AWS knows it as, and its ``label`` (see ``LABELS``)."""

    type: str
    identifier: str
    label: str
    tags: Tags

    @property
    def deletion(self) -> str:
        """The command that deletes it."""
        return _DELETIONS[self.type].format(id=self.identifier)

    def __str__(self) -> str:
        return f"{self.type} {self.identifier} ({self.label})"


def find_made(client: NewClient, tags: Tags, types: Collection[str] = frozenset(LABELS)) -> list[Made]:
    """Everything at AWS of ``types`` that carries ``tags``, keys that wait for their deletion left out.

    Raises botocore's ClientError when AWS does not let the caller look.
    """
    finders = {KEY: _keys, REST_API: _rest_apis, API: _apis, DISTRIBUTION: _distributions}
    found = (made for kind, find in finders.items() if kind in types for made in find(client, tags))
    return [made for made in found if tags.items() <= made.tags.items()]


def unrecorded(made: Collection[Made], recorded: Collection[tuple[str, str]]) -> list[Made]:
    """Those of ``made`` that are not ``recorded`` as (type, identifier) in the state."""
    return [item for item in made if (item.type, item.identifier) not in recorded]


def recorded_in(state: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(type, identifier) of every resource in a state, as ``terraform state pull`` gives it (format version 4)."""
    return {
        (resource["type"], instance["attributes"]["id"])
        for resource in state.get("resources", [])
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        if "id" in (instance.get("attributes") or {})
    }


def adoptable(made: Collection[Made], plan: Mapping[str, Any]) -> dict[str, Made]:
    """Address to what can be taken into the state there, of a plan as ``terraform show -json`` gives it.

    What the plan would make anew, with the same label and tags, is what the apply that was cut off has made. Of several
    that would do the first is taken.
    """
    found: dict[str, Made] = {}
    for change in plan.get("resource_changes", []):
        if change["type"] not in ADOPTED or change["change"]["actions"] != ["create"]:
            continue
        after = change["change"]["after"]
        wanted = (after.get("tags_all") or {}).items()
        for item in made:
            fits = item.type == change["type"] and item.label == after.get(LABELS[item.type])
            if fits and wanted <= item.tags.items() and item not in found.values():
                found[change["address"]] = item
                break
    return found


def _keys(client: NewClient, tags: Tags) -> Iterator[Made]:
    kms = client("kms")
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(ResourceTypeFilters=["kms:key"], TagFilters=filters):
        for item in page["ResourceTagMappingList"]:
            key = kms.describe_key(KeyId=item["ResourceARN"])["KeyMetadata"]
            if key["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion"):
                yield Made(KEY, key["KeyId"], key.get("Description", ""), _flat(item["Tags"]))


def _rest_apis(client: NewClient, _tags: Tags) -> Iterator[Made]:
    for page in client("apigateway").get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            yield Made(REST_API, api["id"], api["name"], api.get("tags") or {})


def _apis(client: NewClient, _tags: Tags) -> Iterator[Made]:
    for page in client("apigatewayv2").get_paginator("get_apis").paginate():
        for api in page["Items"]:
            yield Made(API, api["ApiId"], api["Name"], api.get("Tags") or {})


def _distributions(client: NewClient, _tags: Tags) -> Iterator[Made]:
    cloudfront = client("cloudfront")
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for item in page["DistributionList"].get("Items", []):
            found = cloudfront.list_tags_for_resource(Resource=item["ARN"])["Tags"]["Items"]
            yield Made(DISTRIBUTION, item["Id"], item.get("Comment", ""), _flat(found))


def _flat(tags: Collection[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
