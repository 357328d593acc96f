"""Prices of the AWS services that the pipelines use: region ap-northeast-1, USD, on demand, before tax.

As of ``PRICED_ON``, without free tiers and volume discounts. Look them up again before you rely on them: each group
names the page that it is from. What a comment calls "not confirmed" was not seen there for this
region.
"""

from __future__ import annotations

from typing import Final

PRICED_ON: Final = "2026-09"
REGION: Final = "ap-northeast-1"
HOURS_PER_MONTH: Final = 730
DAYS_PER_MONTH: Final = HOURS_PER_MONTH / 24

# aws.amazon.com/kinesis/data-streams/pricing
KINESIS_SHARD_HOUR: Final = 0.0195
KINESIS_PUT_UNITS_MILLION: Final = 0.0215
KINESIS_PUT_UNIT_BYTES: Final = 25 * 1024
KINESIS_EXTENDED_SHARD_HOUR: Final = 0.026
"""More than 24 hours and at most 7 days."""
KINESIS_ON_DEMAND_STREAM_HOUR: Final = 0.052
KINESIS_ON_DEMAND_IN_GB: Final = 0.104
KINESIS_ON_DEMAND_OUT_GB: Final = 0.052
KINESIS_ON_DEMAND_RECORD_BYTES: Final = 1024
"""On-demand streams bill each record rounded up to this."""

# aws.amazon.com/firehose/pricing
FIREHOSE_GB: Final = 0.036
FIREHOSE_RECORD_BYTES: Final = 5 * 1024
"""Firehose bills each record rounded up to this."""

# aws.amazon.com/s3/pricing
S3_STANDARD_GB_MONTH: Final = 0.025
S3_INFREQUENT_ACCESS_GB_MONTH: Final = 0.0138
S3_GLACIER_GB_MONTH: Final = 0.005
"""Glacier Instant Retrieval."""
S3_PUT_THOUSAND: Final = 0.0047
S3_GET_THOUSAND: Final = 0.00037
S3_TO_INFREQUENT_ACCESS_THOUSAND: Final = 0.01
S3_TO_GLACIER_THOUSAND: Final = 0.02
S3_SMALLEST_MOVED_BYTES: Final = 128 * 1024
"""Lifecycle rules leave smaller objects where they are, unless told otherwise."""

# aws.amazon.com/glue/pricing
GLUE_DPU_HOUR: Final = 0.44
GLUE_JOB_LEAST_SECONDS: Final = 60
GLUE_CRAWLER_LEAST_SECONDS: Final = 600
GLUE_CRAWLER_DPU: Final = 2
"""What the price page's own example of a crawler takes; Glue alone decides."""
GLUE_WORKER_DPU: Final = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}

# aws.amazon.com/athena/pricing
ATHENA_TB: Final = 5.0
ATHENA_LEAST_BYTES: Final = 10 * 1000 * 1000
"""Each query is billed for at least this much."""

# aws.amazon.com/kms/pricing
KMS_KEY_MONTH: Final = 1.0
KMS_REQUESTS_TEN_THOUSAND: Final = 0.03

# aws.amazon.com/cloudwatch/pricing
CLOUDWATCH_ALARM_MONTH: Final = 0.10
"""For each metric that an alarm watches."""
CLOUDWATCH_METRIC_MONTH: Final = 0.30
CLOUDWATCH_DASHBOARD_MONTH: Final = 3.0
CLOUDWATCH_LOGS_GB: Final = 0.76

# aws.amazon.com/lambda/pricing
LAMBDA_REQUESTS_MILLION: Final = 0.20
LAMBDA_GB_SECOND: Final = {"arm64": 0.0000133334, "x86_64": 0.0000166667}

# aws.amazon.com/api-gateway/pricing: the first 333 million requests and the first 1,000 million messages of a month
API_REST_REQUESTS_MILLION: Final = 4.25
API_SOCKET_MESSAGES_MILLION: Final = 1.26
API_SOCKET_MINUTES_MILLION: Final = 0.315
"""Of a connection."""

# aws.amazon.com/dynamodb/pricing/on-demand
DYNAMODB_WRITES_MILLION: Final = 0.715
DYNAMODB_READS_MILLION: Final = 0.1425
DYNAMODB_READ_BYTES: Final = 4096
"""A consistent read takes one unit for so much of an item, any other read half a unit."""
DYNAMODB_WRITE_BYTES: Final = 1024
"""One write unit covers so much of an item."""
DYNAMODB_GB_MONTH: Final = 0.285
DYNAMODB_RECOVERY_GB_MONTH: Final = 0.228

# aws.amazon.com/sagemaker/pricing, real-time and serverless inference
SAGEMAKER_INSTANCE_HOUR: Final = {
    "ml.t2.medium": 0.0730,
    "ml.m5.large": 0.149,
    "ml.m5.xlarge": 0.298,
    "ml.c5.large": 0.129,
    "ml.c5.xlarge": 0.257,
}
SAGEMAKER_DATA_GB: Final = 0.016
SAGEMAKER_SERVERLESS_GB_SECOND: Final = 0.00002

# aws.amazon.com/vpc/pricing and aws.amazon.com/privatelink/pricing; not confirmed
NAT_GATEWAY_HOUR: Final = 0.062
NAT_GATEWAY_GB: Final = 0.062
PUBLIC_ADDRESS_HOUR: Final = 0.005
INTERFACE_ENDPOINT_HOUR: Final = 0.014
"""In each zone."""
INTERFACE_ENDPOINT_GB: Final = 0.01
BETWEEN_ZONES_GB: Final = 0.02
"""Billed on either side, at 0.01 each (aws.amazon.com/ec2/pricing/on-demand)."""

# aws.amazon.com/neptune/pricing, standard storage; of us-east-1, as those of this region are not confirmed
NEPTUNE_INSTANCE_HOUR: Final = {
    "db.t4g.medium": 0.0942,
    "db.r6g.large": 0.3287,
    "db.r6g.xlarge": 0.6573,
    "db.r6g.2xlarge": 1.3146,
}
NEPTUNE_CAPACITY_UNIT_HOUR: Final = 0.1608
NEPTUNE_GB_MONTH: Final = 0.10
NEPTUNE_IO_MILLION: Final = 0.20

# aws.amazon.com/timestream/pricing, LiveAnalytics; of us-east-1, as those of this region are not confirmed
TIMESTREAM_WRITES_MILLION: Final = 0.50
TIMESTREAM_WRITE_BYTES: Final = 1024
"""One write covers so much of a call (Timestream Developer Guide, "Writes")."""
TIMESTREAM_MEMORY_GB_HOUR: Final = 0.036
TIMESTREAM_MAGNETIC_GB_MONTH: Final = 0.03
TIMESTREAM_COMPUTE_UNIT_HOUR: Final = 0.518
TIMESTREAM_LEAST_COMPUTE_UNITS: Final = 4
TIMESTREAM_LEAST_QUERY_SECONDS: Final = 30
"""Compute units are billed by the second, for so long at least ("Timestream Compute Unit" there)."""
