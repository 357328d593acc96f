# Who may ask. A statement's permissions are those of all that it might do: MERGE reads before it writes, and SET removes the
# value that was there (Neptune User Guide, "Using query actions in Neptune data-access policy statements").

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  policies = {
    reader = {
      description = "Read the graph of the Neptune cluster ${var.name}, in openCypher."
      actions     = ["neptune-db:ReadDataViaQuery"]
    }
    writer = {
      description = "Read and change the graph of the Neptune cluster ${var.name}, in openCypher."
      actions     = ["neptune-db:DeleteDataViaQuery", "neptune-db:ReadDataViaQuery", "neptune-db:WriteDataViaQuery"]
    }
  }
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name}-neptune-${each.key}"
  description = each.value.description

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Query"
      Effect    = "Allow"
      Action    = each.value.actions
      Resource  = "arn:${data.aws_partition.current.partition}:neptune-db:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:${aws_neptune_cluster.this.cluster_resource_id}/*"
      Condition = { StringEquals = { "neptune-db:QueryLanguage" = "OpenCypher" } }
    }]
  })
}
