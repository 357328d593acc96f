"""The list of patches, in the order in which they are applied.

``python -m aws_stage.patches`` prints it as the table of ``docs/patches.md``.
"""

from __future__ import annotations

from aws_stage.patches.patch import Kind, Patch

DYNAMODB, LAMBDA, RUNTIME = "services.dynamodb", "services.lambda_svc", "core.lambda_runtime"
LOGS, METRICS, S3 = "services.cloudwatch_logs", "services.cloudwatch", "services.s3"
CLOUDFRONT, EC2 = "services.cloudfront", "services.ec2"
FAULT, WISH = Kind.FAULT, Kind.WISH

PATCHES: tuple[Patch, ...] = (
    # First: ministack's module reads the objects' folder when it is imported, by whichever patch.
    Patch(
        "s3",
        S3,
        "DATA_DIR logger _persist_object _atomic_write _remove_key_files _delete_version_file "
        "_delete_persisted_bucket _version_body",
        WISH,
        "An object and its metadata are on disk together or not at all, all files are in the manifest, and a file "
        "that cannot be written or read is an error, not a line in the log.",
    ),
    Patch(
        "s3",
        S3,
        "_get_object _read_body",
        WISH,
        "A range is read through a memory map, not by reading the object whole for each; what is read is verified.",
    ),
    Patch(
        "s3",
        S3,
        "_create_multipart_upload _upload_part _upload_part_copy _complete_multipart_upload _abort_multipart_upload",
        WISH,
        "The parts of an upload are on disk, not in memory, and an upload that a restart interrupted can go on.",
    ),
    Patch(
        "s3",
        S3,
        "_list_object_versions _list_multipart_uploads",
        FAULT,
        "`encoding-type=url` is ignored in listings of versions and uploads, so that Terraform deletes keys that "
        "are not there.",
    ),
    Patch("s3", S3, "_copy_object", FAULT, "CopyObject ignores If-Match and If-None-Match."),
    Patch("s3", S3, "handle_request", FAULT, "Keys may be longer than 1,024 bytes."),
    Patch(
        "s3",
        S3,
        "_resolve_sse_write_headers",
        FAULT,
        "`aws:kms` without a key is refused; on AWS it is the managed key `aws/s3`.",
    ),
    Patch(
        "s3",
        S3,
        "format_head_response",
        WISH,
        "Hadoop's S3A sees no encryption in HeadObject: AWS's Java SDK sends no key's name over plain HTTP, so no "
        "encrypted object could be renamed.",
    ),
    Patch(
        "apigateway",
        "services.apigateway",
        "_apigw_response",
        FAULT,
        "ApiEndpoint of a WebSocket API begins with `http`; and it holds the port of when the API was made.",
    ),
    Patch(
        "apigateway_rest",
        "services.apigateway_v1",
        "_lambda_proxy_response _invoke_lambda_proxy_v1 _gateway_error_response",
        FAULT,
        "A function's failure is answered with what it raised, past the gateway responses; no statusCode is 200.",
    ),
    Patch(
        "apigateway_websocket",
        "services.apigateway",
        "handle_websocket",
        FAULT,
        "A message to a WebSocket API may have any size.",
    ),
    Patch(
        "cloudfront",
        CLOUDFRONT,
        "_build_distribution_xml _build_distribution_list_xml",
        WISH,
        "A distribution's domain name leads to it, `<label>.cloudfront.localhost:<port>`; `cloudfront.net` is AWS's.",
    ),
    Patch("cloudfront", CLOUDFRONT, "find_distribution_for_label", FAULT, "A disabled distribution is served."),
    Patch(
        "cloudfront",
        CLOUDFRONT,
        "_check_viewer_protocol_policy",
        WISH,
        "The stage has no TLS: each viewer counts as one that came by it, and none is sent there.",
    ),
    Patch("cloudfront", S3, "serve_cloudfront_origin_fetch", WISH, "As above, for what a distribution asks of S3."),
    Patch(
        "cloudfront",
        CLOUDFRONT,
        "_build_rhp_config_xml _RHP_SPEC",
        FAULT,
        "A response headers policy has parts that it was not given; Terraform would remove them at every apply.",
    ),
    Patch(
        "cloudwatch.alarms",
        METRICS,
        "_put_metric_alarm _describe_alarms",
        FAULT,
        "A third of an alarm is described in XML, and metric math is dropped; Terraform would change every alarm "
        "at every plan.",
    ),
    Patch(
        "cloudwatch.metrics",
        METRICS,
        "_dims_from_list",
        FAULT,
        "Statistics of a metric without dimensions are those of every metric of that name.",
    ),
    Patch(
        "cloudwatch.metrics",
        METRICS,
        "_evaluate_alarm",
        WISH,
        "The engine `cloudwatch` judges alarms: by the clock, by their own dimensions, with missing data.",
    ),
    Patch(
        "cloudwatch.points",
        METRICS,
        "_metric_bucket _evict_old_metrics get_state",
        WISH,
        "Datapoints are on disk before PutMetricData is answered, and not in the state file, which is written whole.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_set_item _remove_item _items_replaced handle_request load_persisted_state get_state",
        WISH,
        "The engine holds the items, on disk before a call is answered; ministack has all in memory, and in the "
        "state file.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_query _scan _apply_exclusive_start_key _apply_exclusive_start_key_scan _paginate_evaluated_items "
        "_evaluate_condition",
        WISH,
        "The engine finds the rows of a page; ministack sorts and measures the whole table for each.",
    ),
    Patch("dynamodb", DYNAMODB, "_add_consumed_capacity", FAULT, "A read is charged the same, whatever it reads."),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_put_item _batch_write_item _values_error_response _validate_attribute_value _item_size_bytes "
        "_accumulate_write_capacity _ddb_canonicalize_number",
        WISH,
        "Values are judged and measured once a call; ministack walks through a batch nine times.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_tokenize _condition_syntax_error json_response",
        WISH,
        "An expression is read once, not once an item, and answers are encoded by orjson.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_validate_expression_attrs",
        FAULT,
        "An expression is checked only where there is an item to hold against it; reserved words, wrong operators "
        "of a key condition, repeated sections and overlapping paths are accepted.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_eval_set_value",
        FAULT,
        "SET with an operand that is not a number leaves the attribute as it was.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_apply_update_expression _apply_attribute_updates _pq_eval",
        FAULT,
        "Arithmetic is rounded to 28 digits; DynamoDB's numbers have 38.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_ttl_settings _update_ttl",
        FAULT,
        "What has expired is looked for once a minute in every item, and its going is not in the table's stream; "
        "UpdateTimeToLive takes a setting that is there already.",
    ),
    Patch(
        "dynamodb",
        DYNAMODB,
        "_enable_kinesis_streaming_destination",
        WISH,
        "Streams are the engine `kinesis`'s, to which ministack's tables cannot write: nothing would ever arrive.",
    ),
    Patch(
        "dynamodb_backups",
        DYNAMODB,
        "_update_continuous_backups _describe_continuous_backups",
        FAULT,
        "RecoveryPeriodInDays is dropped; Terraform would set it at every apply.",
    ),
    Patch("eventbridge", "services.eventbridge", "_matches_pattern_view", FAULT, "A rule has no MatchedEvents."),
    Patch(
        "glue",
        "services.glue",
        "_handle_request_sync",
        FAULT,
        "GetPartitions gives every partition whatever its Expression and MaxResults say; tables have members that they "
        "were not given and no versions; names, types and the number of partition values are not checked; partition "
        "indexes are given to tables that do not exist, and dropped where CreateTable brings them.",
    ),
    Patch(
        "kms",
        "services.kms",
        "_resolve_key _key_metadata",
        FAULT,
        "There are no keys that AWS manages (`alias/aws/s3`).",
    ),
    Patch(
        "lambda_functions",
        LAMBDA,
        "_reject_unreadable_zip",
        WISH,
        "A package that could write outside its folder is refused when it is put there.",
    ),
    Patch(
        "lambda_functions",
        LAMBDA,
        "_write_code_blob _prune_orphan_code_blobs",
        WISH,
        "Packages are in the manifest: one that is missing or altered is not taken for none.",
    ),
    Patch(
        "lambda_functions",
        RUNTIME,
        "execution_credentials",
        WISH,
        "Functions sign as the stage itself, not with whatever secret it was started with.",
    ),
    Patch(
        "lambda_functions",
        LAMBDA,
        "execution_credentials",
        WISH,
        "Functions sign as the stage itself, not with whatever secret it was started with.",
    ),
    Patch(
        "lambda_functions",
        LAMBDA,
        "_create_esm",
        WISH,
        "Mappings of Kinesis streams are the engine `event_source_mapping`'s: ministack's poller does not see them.",
    ),
    Patch(
        "ec2.rules",
        EC2,
        "_parse_ip_permissions _sg_rule_xml",
        FAULT,
        "Prefix lists of a rule are dropped, and a rule for all traffic has ports: Terraform cannot revoke the one "
        "that a new security group has.",
    ),
    Patch(
        "ec2.flow_logs",
        EC2,
        "_ACTION_MAP",
        FAULT,
        "The format, interval, options, role and tags of a flow log are dropped; Terraform would replace it at "
        "every plan.",
    ),
    Patch(
        "ec2.endpoints",
        EC2,
        "_ACTION_MAP _vpce_fields_xml",
        FAULT,
        "The security groups, private DNS, policy and names of an endpoint are dropped; Terraform would change it at "
        "every plan.",
    ),
    Patch(
        "lambda_runtime",
        LAMBDA,
        "invoke_async_with_retry",
        WISH,
        "An asynchronous invocation is on disk before it is accepted, and tried as the function's settings say.",
    ),
    Patch(
        "lambda_runtime",
        LAMBDA,
        "_emit_lambda_metrics _acquire_execution_slot _execute_function_dispatch",
        FAULT,
        "A throttled call is counted twice and as an invocation, an asynchronous one when it is taken and not "
        "when it runs.",
    ),
    Patch(
        "lambda_runtime",
        LAMBDA,
        "handle_request _invoke",
        FAULT,
        "A payload that is not JSON is taken for an empty event, and none is too large.",
    ),
    Patch(
        "lambda_runtime",
        LAMBDA,
        "_inbound_invoke_depth",
        FAULT,
        "A chain of functions that invoke one another is counted by a header of its own, not by the tracing header.",
    ),
    Patch(
        "lambda_runtime",
        RUNTIME,
        "_worker_class_for kill_workers",
        WISH,
        "A Python function runs alone with its code and AWS's runtime, not on the stage's interpreter.",
    ),
    Patch(
        "lambda_runtime",
        LAMBDA,
        "_execute_function_warm _emit_lambda_logs _LAMBDA_STATE_TRANSITION_DELAY",
        WISH,
        "As above: its payload is passed on untouched, and what it prints is written while it runs.",
    ),
    Patch(
        "log_events",
        LOGS,
        "_append_log_events _create_log_stream get_state load_persisted_state",
        WISH,
        "Events are on disk before PutLogEvents is answered, and not in the state file, which is written whole.",
    ),
    # After log_events: what counts events comes after what keeps them.
    Patch(
        "cloudwatch_logs",
        LOGS,
        "_compile_filter_pattern _subscription_pattern_matches",
        FAULT,
        "A JSON pattern matches everything, and terms match in any case.",
    ),
    Patch("cloudwatch_logs", LOGS, "_fanout_to_subscription_filters", FAULT, "Metric filters are kept and do nothing."),
    Patch("cloudwatch_logs", LOGS, "_append_log_events", FAULT, "A line in the Embedded Metric Format stays a line."),
    Patch(
        "scheduler",
        "services.scheduler",
        "start_scheduler",
        WISH,
        "The engine `scheduler` fires schedules, with time zones, retries, dead letters and every target.",
    ),
    Patch(
        "scheduler",
        "services.scheduler",
        "_create_schedule _update_schedule",
        FAULT,
        "An expression or a time zone that would never fire is accepted.",
    ),
    Patch(
        "sqs_messages",
        "services.sqs",
        "handle_request load_persisted_state get_state",
        WISH,
        "Messages are on disk before a call is answered, and not in the state file, which is written whole.",
    ),
    Patch("sqs_messages", "services.sns", "handle_request", WISH, "As above, for what a topic sends to queues."),
    Patch(
        "sqs_messages",
        "services.sqs",
        "time",
        WISH,
        "A clock that is set changes no visibility timeout, delay or long poll.",
    ),
    Patch(
        "user_expressions",
        LOGS,
        "re",
        WISH,
        "Regular expressions of users run on RE2, whose time grows with the text alone; Python's would hold the stage.",
    ),
    Patch(
        "user_expressions",
        "services.glue",
        "re",
        WISH,
        "Regular expressions of users run on RE2, whose time grows with the text alone; Python's would hold the stage.",
    ),
    Patch(
        "user_expressions", "services.sns", "_wildcard_matches", WISH, "As above, for the wildcards of filter policies."
    ),
    Patch(
        "state",
        "app",
        "_load_persisted_state save_all BANNER",
        WISH,
        "The stage writes state files before calls are answered, and damaged state stops the start; ministack "
        "writes them at its end, and starts empty.",
    ),
    # Last: the module s3 imports what this replaces, in its own way.
    Patch(
        "doors",
        "app",
        "_handle_pre_body_request _handle_post_body_shortcuts _handle_special_data_plane_request",
        FAULT,
        "A deployed API's or a distribution's paths are looked up among ministack's own first: mail, sign-in pages, "
        "health; and a name that no distribution has is a bucket's.",
    ),
    Patch("doors", "app", "_HEALTH_PATHS", FAULT, "`GET /health` is not the listing of the bucket of that name."),
    Patch(
        "doors",
        S3,
        "_verify_presigned_sigv4",
        WISH,
        "The guard has checked the signature, by the keys that the stage knows.",
    ),
)


def modules() -> list[str]:
    """The modules of this package that replace something, in the order in which they are applied."""
    return list(dict.fromkeys(patch.module for patch in PATCHES))
