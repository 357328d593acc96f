resource "aws_s3_bucket" "closed" {
  bucket = "closed"
}

resource "aws_s3_bucket_policy" "closed" {
  bucket = aws_s3_bucket.closed.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.closed.arn, "${aws_s3_bucket.closed.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket" "closed_by_json" {
  bucket = "closed-by-json"
}

resource "aws_s3_bucket_policy" "closed_by_json" {
  bucket = aws_s3_bucket.closed_by_json.id

  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::closed-by-json", "arn:aws:s3:::closed-by-json/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
      }]
    }
  EOT
}

resource "aws_s3_bucket" "bare" {
  bucket = "bare"
}

resource "aws_s3_bucket" "open" {
  bucket = "open"
}

# Allows what it should deny, and denies something else.
resource "aws_s3_bucket_policy" "open" {
  bucket = aws_s3_bucket.open.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Deny", Principal = "*", Action = "s3:DeleteBucket", Resource = aws_s3_bucket.open.arn },
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "${aws_s3_bucket.open.arn}/*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
