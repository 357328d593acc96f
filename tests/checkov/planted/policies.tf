data "aws_partition" "current" {}

resource "aws_iam_role_policy_attachment" "literal" {
  role       = "lake"
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_role_policy_attachment" "put_together" {
  role       = "lake"
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_user_policy_attachment" "administrator" {
  user       = "lake"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_group_policy_attachment" "administrators" {
  group      = "lake"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_policy" "own" {
  name = "own"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::lake/*" }]
  })
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = "lake"
  policy_arn = aws_iam_policy.own.arn
}
