resource "aws_neptune_cluster" "spread" {
  cluster_identifier = "spread"
}

resource "aws_neptune_cluster_instance" "spread" {
  count = 2

  cluster_identifier         = aws_neptune_cluster.spread.id
  instance_class             = "db.r6g.large"
  availability_zone          = ["ap-northeast-1a", "ap-northeast-1c"][count.index]
  auto_minor_version_upgrade = true
}

resource "aws_neptune_cluster" "empty" {
  cluster_identifier = "empty"
}

resource "aws_neptune_cluster" "anywhere" {
  cluster_identifier = "anywhere"
}

resource "aws_neptune_cluster_instance" "anywhere" {
  cluster_identifier = aws_neptune_cluster.anywhere.id
  instance_class     = "db.r6g.large"
}

resource "aws_neptune_cluster_instance" "by_hand" {
  cluster_identifier         = aws_neptune_cluster.spread.id
  instance_class             = "db.r6g.large"
  availability_zone          = "ap-northeast-1d"
  auto_minor_version_upgrade = false
}
