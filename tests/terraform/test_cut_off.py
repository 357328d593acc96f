"""An apply that was cut off, on a stage: what it made and did not note is not made again."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from datastreamer.provisioning.cut_off import CutOff
from datastreamer.provisioning.provisioner import Provisioner
from datastreamer.provisioning.unrecorded import API, DISTRIBUTION, KEY, REST_API, find_made
from datastreamer.stages import ENVIRONMENTS
from tests.conftest import RunningStage

pytestmark = [pytest.mark.stage, pytest.mark.slow]

MAIN = """
provider "aws" {
  region = "ap-northeast-1"
  default_tags { tags = { PROJECT = "datastreamer", STAGE = "%s", PIPELINE = "telemetry" } }
}
resource "aws_kms_key" "lake" {
  description         = "Objects."
  enable_key_rotation = true
}
resource "aws_kms_key" "stream" {
  description         = "Records."
  enable_key_rotation = true
}
"""


@dataclass
class Stage:
    """A stage of two keys on the running stage, with the folder that its state lies in."""

    running: RunningStage
    folder: Path
    name: str = field(default_factory=lambda: f"tiny-{uuid.uuid4().hex[:8]}")
    said: list[str] = field(default_factory=list)

    def provisioner(self) -> Provisioner:
        environ = {**self.running.environment, "DATASTREAMER_DATA_DIR": str(self.folder / "data")}
        return Provisioner("tiny", environ, self.said.append, environments=self.folder / "envs")

    def cut_off(self, provisioner: Provisioner) -> CutOff:
        tags = {"PROJECT": "datastreamer", "STAGE": self.name}
        return CutOff(provisioner, self.running.client, tags, f"datastreamer-{self.name}-inference")

    def keys(self) -> list[str]:
        """The stage's keys that are not waiting for their deletion."""
        pages = self.running.client("resourcegroupstaggingapi").get_resources(
            ResourceTypeFilters=["kms:key"], TagFilters=[{"Key": "STAGE", "Values": [self.name]}]
        )
        kms = self.running.client("kms")
        found = [kms.describe_key(KeyId=item["ResourceARN"]) for item in pages["ResourceTagMappingList"]]
        return [key["KeyMetadata"]["KeyId"] for key in found if key["KeyMetadata"]["KeyState"] == "Enabled"]

    def forget(self, provisioner: Provisioner, resource: str) -> None:
        """Take a resource out of the state, as if Terraform had been killed before it noted it."""
        file = provisioner.workspace.folder / "terraform.tfstate"
        state: dict[str, Any] = json.loads(file.read_text())
        state["resources"] = [each for each in state["resources"] if each["name"] != resource]
        file.write_text(json.dumps(state | {"serial": state["serial"] + 1}))


@pytest.fixture
def tiny(stage: RunningStage, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(stage, tmp_path)
    root = tmp_path / "envs" / "tiny"
    root.mkdir(parents=True)
    for name in ("versions.tf", ".terraform.lock.hcl"):
        shutil.copy(ENVIRONMENTS.parent / "stacks" / "inference" / name, root / name)
    (root / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (root / "main.tf").write_text(MAIN % made.name)
    (root / "stage.env").write_text(f"DATASTREAMER_STAGE={made.name}\nAWS_ENDPOINT_URL={stage.endpoint_url}\n")
    yield made
    made.provisioner().destroy()


def test_everything_that_has_no_name_of_its_own_is_found_by_its_tags(stage: RunningStage) -> None:
    name = f"tagged-{uuid.uuid4().hex[:8]}"
    tags = {"PROJECT": "datastreamer", "STAGE": name}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    kms, rest, http, cdn = map(stage.client, ("kms", "apigateway", "apigatewayv2", "cloudfront"))
    key_tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in listed]
    key = kms.create_key(Description="Objects.", Tags=key_tags)["KeyMetadata"]["KeyId"]
    going = kms.create_key(Description="Objects.", Tags=key_tags)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)
    origin = {"Id": "site", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    config = {
        "CallerReference": name,
        "Comment": "votes",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "MinTTL": 0},
    }
    tagged = {"DistributionConfig": config, "Tags": {"Items": listed}}
    wanted = {
        (KEY, key, "Objects."),
        (REST_API, rest.create_rest_api(name="votes", tags=tags)["id"], "votes"),
        (
            API,
            http.create_api(
                Name="socket", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action", Tags=tags
            )["ApiId"],
            "socket",
        ),
        (
            DISTRIBUTION,
            cdn.create_distribution_with_tags(DistributionConfigWithTags=tagged)["Distribution"]["Id"],
            "votes",
        ),
    }
    assert {(made.type, made.identifier, made.label) for made in find_made(stage.client, tags)} == wanted
    assert find_made(stage.client, tags | {"STAGE": "another"}) == []


def test_a_key_that_was_made_and_not_noted_is_taken_in_and_no_second_one_is_made(tiny: Stage) -> None:
    provisioner = tiny.provisioner()
    assert not tiny.cut_off(provisioner).take_up(), "nothing is there yet"
    assert provisioner.apply() == 2
    keys = sorted(tiny.keys())
    tiny.forget(provisioner, "stream")
    tiny.said.clear()

    again = tiny.provisioner()
    assert tiny.cut_off(again).take_up()
    assert any("into the state as aws_kms_key.stream" in line for line in tiny.said)
    assert again.plan().changes == 0
    assert sorted(tiny.keys()) == keys


def test_a_key_that_a_destroy_could_not_know_of_is_named(tiny: Stage) -> None:
    provisioner = tiny.provisioner()
    provisioner.apply()
    tiny.forget(provisioner, "lake")
    again = tiny.provisioner()
    again.destroy()
    [left] = tiny.cut_off(again).name_left()
    assert tiny.keys() == [left.identifier]
    assert f"aws kms schedule-key-deletion --key-id {left.identifier}" in tiny.said[-1]
