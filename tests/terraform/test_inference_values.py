"""The inference pipeline's Terraform text says what its Python code relies on."""

from __future__ import annotations

import re

from datastreamer.inference.names import STACK_NAME, Names, log_group_of, role_of, tags
from datastreamer.inference.processing.settings import Settings
from datastreamer.inference.reprocessing.parked import SINGLE_RECORDS, WHOLE_BATCHES
from datastreamer.inference.resources.event_source_mappings import MappingSettings
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.stage_values import default_values
from datastreamer.scoring.parking import PREFIX
from datastreamer.scoring.payload import CONTENT_TYPES
from datastreamer.scoring.score_range import VARIABLE
from tests.terraform_text import arguments, attributes, blocks, objects

TERRAFORM = REPOSITORY / "terraform"
PIPELINE = TERRAFORM / "pipelines" / "inference"
REPORTER = (REPOSITORY / "datastreamer/inference/processing/reporter.py").read_text()
SETTINGS = (REPOSITORY / "datastreamer/inference/processing/settings.py").read_text()


def text(*parts: str) -> str:
    """All of a folder's Terraform."""
    return "".join(file.read_text() for file in sorted(TERRAFORM.joinpath(*parts).glob("*.tf")))


def test_commands_and_terraform_give_the_parts_of_a_stack_the_same_names() -> None:
    pipeline = text("pipelines", "inference")
    names = Names("${var.stack_name}", "${local.account_id}")
    for name in (names.stream, names.table, names.function, names.models_bucket, names.dlq_bucket, names.endpoint):
        assert f'= "{name}"' in pipeline
    function = text("modules", "lambda_function")
    assert f'"{role_of("${var.name}")}"' in function
    assert f'"{log_group_of("${var.name}")}"' in function
    endpoint = text("modules", "sagemaker_endpoint")
    for name in (f"{names.model}-", f"{names.config}-", names.endpoint):
        assert f'"{name.replace("var.stack_name", "var.name")}' in endpoint


def test_commands_and_terraform_take_the_same_names_for_a_stack() -> None:
    assert f'regex("^{STACK_NAME.pattern}$", var.stack_name)' in (PIPELINE / "variables.tf").read_text()


def test_stacks_and_stages_carry_the_tags_that_commands_look_for() -> None:
    for root in ("stacks/inference", "envs/production"):
        given = [each for file in sorted((TERRAFORM / root).glob("*.tf")) for each in objects(file)]
        shared = {key: value for key, value in tags("a-stack").items() if key != "MADE_BY"}
        assert set(shared) == {"PROJECT", "PIPELINE", "STACK", "STAGE"}
        for key, value in shared.items():
            named = {value, "${var.stack_name}", "${var.stage}", "datastreamer-${var.stage}-inference"}
            assert named & {str(each.get(key)) for each in given}, key


def test_the_function_gets_each_setting_that_it_reads_and_no_other() -> None:
    given = {name for each in objects(PIPELINE / "processor.tf") for name in each if re.fullmatch(r"[A-Z_]+", name)}
    read = set(re.findall(r'environ(?:\.get\(|, )"(\w+)"', SETTINGS))
    by_powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    assert given == (read - {"AWS_LAMBDA_FUNCTION_NAME"}) | by_powertools


def test_defaults_in_terraform_are_those_of_the_function_and_of_the_commands() -> None:
    values, settings, mapping_settings = default_values("inference"), Settings("f", "e", "t", "b"), MappingSettings()
    assert values["content_type"] == settings.content_type
    assert values["max_rows_per_call"] == settings.max_rows_per_call
    assert (values["score_threshold"], values["ttl_days"]) == ("", 0)
    assert mapping_settings == MappingSettings(
        batch_size=values["batch_size"],
        window=values["batching_window_seconds"],
        parallelization=values["parallelization_factor"],
        retries=values["maximum_retries"],
        max_age=values["maximum_record_age_seconds"],
        bisect=values["bisect_on_error"],
        position=values["starting_position"],
    )


def test_terraform_takes_the_content_types_that_the_function_speaks() -> None:
    calls = arguments(PIPELINE / "variables.tf", "contains")
    [allowed] = [values for values, value in calls if value == "${var.settings.content_type}"]
    assert set(allowed) == set(CONTENT_TYPES)


def test_failures_may_be_written_where_they_are_looked_for() -> None:
    assert PREFIX == SINGLE_RECORDS
    assert f'parked_prefix = "{SINGLE_RECORDS}"' in (PIPELINE / "main.tf").read_text()
    assert f'"${{var.failure_bucket_arn}}/{WHOLE_BATCHES}*"' in text("modules", "event_source_mapping")


def test_alarms_watch_what_the_function_counts() -> None:
    alarms = [alarm for _, alarm in blocks(PIPELINE / "processor.tf", "resource")]
    watched = [metric for alarm in alarms for metric in attributes(alarm, "metric_name")]
    assert watched == ["EndpointCalls", "EndpointCallsFailed", "RecordsFailed", "RecordsParked"]
    assert all(f'self._count("{metric}"' in REPORTER for metric in watched)


def test_a_model_of_a_stacks_own_declares_its_range_where_the_function_reads_it() -> None:
    assert f"{{ {VARIABLE} = var.settings.model_score_range }}" in (PIPELINE / "endpoint.tf").read_text()


def test_an_item_expires_by_the_attribute_that_the_function_writes() -> None:
    [expression] = [
        value for _, module in blocks(PIPELINE / "main.tf", "module") for value in attributes(module, "ttl_attribute")
    ]
    [attribute] = re.findall(r'"(\w+)"', expression)
    assert f'"{attribute}"' in (REPOSITORY / "datastreamer/inference/processing/item.py").read_text()
