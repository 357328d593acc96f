"""Everything that Terraform can leave behind on a stage, by service: to see that destroy leaves nothing."""

from __future__ import annotations

from typing import Any

from tests.conftest import RunningStage


def inventory(stage: RunningStage) -> dict[str, list[str]]:
    """The names of all that people or Terraform made on the stage, sorted, by kind."""
    glue, logs, iam = stage.client("glue"), stage.client("logs"), stage.client("iam")
    cloudwatch, athena, kms = stage.client("cloudwatch"), stage.client("athena"), stage.client("kms")
    functions, sagemaker = stage.client("lambda"), stage.client("sagemaker")
    scaling = stage.client("application-autoscaling")
    databases = [database["Name"] for database in glue.get_databases()["DatabaseList"]]
    workgroups = [group["Name"] for group in athena.list_work_groups()["WorkGroups"]]
    found: dict[str, list[str]] = {
        "alarms": [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]],
        "buckets": [bucket["Name"] for bucket in stage.client("s3").list_buckets()["Buckets"]],
        "crawlers": glue.get_crawlers()["Crawlers"],
        "dashboards": [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]],
        "databases": databases,
        "endpoint configs": [one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
        "endpoints": [endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]],
        "event source mappings": [
            f"{_last(mapping['EventSourceArn'])} to {_last(mapping['FunctionArn'])}"
            for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        ],
        "functions": [function["FunctionName"] for function in functions.list_functions()["Functions"]],
        "items' tables": stage.client("dynamodb").list_tables()["TableNames"],
        "models": [model["ModelName"] for model in sagemaker.list_models()["Models"]],
        "delivery streams": stage.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "jobs": [job["Name"] for job in glue.get_jobs()["Jobs"]],
        "keys": [key["KeyId"] for key in kms.list_keys()["Keys"] if _is_alive(kms, key["KeyId"])],
        # Glue keeps the log of all crawlers of an account in a group that it makes itself when one first runs.
        "log groups": [
            group["logGroupName"]
            for group in logs.describe_log_groups()["logGroups"]
            if group["logGroupName"] != "/aws-glue/crawlers"
        ],
        "policies": [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "rules": [rule["Name"] for rule in stage.client("events").list_rules()["Rules"]],
        "saved queries": [query for group in workgroups for query in _saved_queries(athena, group)],
        "scalable targets": [
            target["ResourceId"]
            for target in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        ],
        "schedules": [schedule["Name"] for schedule in stage.client("scheduler").list_schedules()["Schedules"]],
        "streams": stage.client("kinesis").list_streams()["StreamNames"],
        "tables": [table["Name"] for name in databases for table in glue.get_tables(DatabaseName=name)["TableList"]],
        "topics": [topic["TopicArn"] for topic in stage.client("sns").list_topics()["Topics"]],
        "workgroups": workgroups,
    }
    return {kind: sorted(str(name) for name in names) for kind, names in found.items()}


def _last(arn: str) -> str:
    return arn.replace("/", ":").rpartition(":")[2]


def _saved_queries(athena: Any, workgroup: str) -> list[str]:
    ids: list[str] = athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]
    return ids


def _is_alive(kms: Any, key: str) -> bool:
    """A deleted key waits for its deletion for days, on AWS as here; those that AWS manages are not Terraform's."""
    about = kms.describe_key(KeyId=key)["KeyMetadata"]
    alive: bool = about["KeyState"] == "Enabled" and about["KeyManager"] == "CUSTOMER"
    return alive
