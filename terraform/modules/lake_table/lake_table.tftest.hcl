mock_provider "aws" {}

variables {
  name              = "readings"
  database_name     = "lake"
  description       = "One reading."
  bucket            = "tables"
  prefix            = "readings/"
  partition_comment = "Date of the reading"

  columns = [
    { name = "device_id", type = "string", comment = "Device" },
    { name = "temperature", type = "double", comment = "Degrees" },
  ]
}

run "computes_its_partitions" {
  assert {
    condition     = aws_glue_catalog_table.this.parameters["projection.enabled"] == "true" && aws_glue_catalog_table.this.parameters["projection.year.range"] == "2000,2050"
    error_message = "A new day must be visible without being registered."
  }

  assert {
    condition     = aws_glue_catalog_table.this.parameters["projection.month.digits"] == "2" && aws_glue_catalog_table.this.parameters["projection.day.digits"] == "2"
    error_message = "The folders are zero-padded."
  }

  assert {
    condition     = aws_glue_catalog_table.this.parameters["storage.location.template"] == "s3://tables/readings/year=$${year}/month=$${month}/day=$${day}/"
    error_message = "The template must name the folders that the job writes."
  }

  assert {
    condition     = [for key in aws_glue_catalog_table.this.partition_keys : "${key.name} ${key.type}"] == ["year string", "month string", "day string"]
    error_message = "The partitions are strings, in this order."
  }
}

run "a_month_can_be_one_partition" {
  variables {
    daily = false
  }

  assert {
    condition     = aws_glue_catalog_table.this.parameters["storage.location.template"] == "s3://tables/readings/year=$${year}/month=$${month}/"
    error_message = "The template must name the folder of a month."
  }

  assert {
    condition     = join(",", aws_glue_catalog_table.this.partition_keys[*].name) == "year,month" && !contains(keys(aws_glue_catalog_table.this.parameters), "projection.day.type")
    error_message = "There must be no days to project."
  }
}

run "a_crawler_knows_the_table_again" {
  assert {
    condition     = aws_glue_catalog_table.this.parameters["classification"] == "parquet" && aws_glue_catalog_table.this.parameters["compressionType"] == "none"
    error_message = "A crawler that merges new columns refuses a table in which either is missing."
  }
}

run "keeps_columns_in_order" {
  assert {
    condition     = [for column in aws_glue_catalog_table.this.storage_descriptor[0].columns : "${column.name} ${column.type}"] == ["device_id string", "temperature double"]
    error_message = "Columns must be those given, in their order."
  }

  assert {
    condition     = output.location == "s3://tables/readings/" && output.path == "tables/readings/"
    error_message = "Location and path must say where the files lie."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name       = "Readings"
    prefix     = "/readings"
    columns    = []
    year_range = [2050, 2000]
  }

  expect_failures = [var.name, var.prefix, var.columns, var.year_range]
}

run "refuses_a_partition_among_the_columns" {
  command = plan

  variables {
    columns = [{ name = "year", type = "string", comment = "Twice" }]
  }

  expect_failures = [var.columns]
}
