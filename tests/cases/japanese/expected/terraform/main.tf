# Made by deputize for tenant "nippon-denki" ("日本電機株式会社"), on behalf of vendor "example-costs".
# Root or child module: it has no provider and no backend block of its own.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Who may enter: "role /reader of account 111122223333, and only with this tenant's external ID".
  # Without the external ID, another customer of the vendor who knows this role's ARN could be let in with it.
  trust_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AssumeWithExternalId"
        Effect = "Allow"
        Principal = {
          AWS = [
            "arn:aws:iam::111122223333:root",
          ]
        }
        Action = [
          "sts:AssumeRole",
        ]
        Condition = {
          "StringEquals" = {
            "sts:ExternalId" = [
              "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",
            ]
          }
          "ArnEquals" = {
            "aws:PrincipalArn" = [
              "arn:aws:iam::111122223333:role/reader",
            ]
          }
        }
      },
    ]
  }

  # What the role may read, by the end of the policy's name: every action lists or reads, none changes anything.
  access_policies = {
    "-access" = {
      Version = "2012-10-17"
      Statement = [
        # "ロール自身の設定を読み取り、誰が引き受けられ何ができるかを確認できるようにします。"
        {
          Sid    = "ReadThisRole"
          Effect = "Allow"
          Action = [
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
          ]
          Resource = [
            "arn:aws:iam::*:role${var.path}${var.role_name}",
          ]
        },
        # "同じ確認のために、ロールに付いているポリシーの内容を読み取ります。"
        {
          Sid    = "ReadItsPolicies"
          Effect = "Allow"
          Action = [
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:ListPolicyVersions",
          ]
          Resource = [
            "arn:aws:iam::*:policy${var.path}${var.role_name}-access",
          ]
        },
        # "EC2 インスタンスとそのタイプ、リザーブドインスタンス、使用されていなくても料金がかかる IP アドレスやゲートウェイの一覧を読み取り、過剰なものや使われていないものを見つけます。起動スクリプトは読み取りません。"
        {
          Sid    = "Compute"
          Effect = "Allow"
          Action = [
            "ec2:DescribeAddresses",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeCapacityReservations",
            "ec2:DescribeHosts",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeNatGateways",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRegions",
            "ec2:DescribeReservedInstances",
            "ec2:DescribeReservedInstancesModifications",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeTags",
            "ec2:DescribeVpcEndpoints",
          ]
          Resource = [
            "*",
          ]
        },
        # "EBS ボリュームとスナップショットの種類とサイズを読み取り、アタッチされていないもの、大きすぎるもの、放置されているものを見つけます。"
        {
          Sid    = "Volumes"
          Effect = "Allow"
          Action = [
            "ec2:DescribeSnapshots",
            "ec2:DescribeVolumes",
            "ec2:DescribeVolumesModifications",
          ]
          Resource = [
            "*",
          ]
        },
        # "Auto Scaling グループ、スケーリング対象、スケジュールを読み取り、スケーリングの仕方に合ったインスタンスサイズを提案します。"
        {
          Sid    = "Scaling"
          Effect = "Allow"
          Action = [
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribePolicies",
            "autoscaling:DescribeScheduledActions",
          ]
          Resource = [
            "*",
          ]
        },
        # "RDS データベース、スナップショット、リザーブドインスタンスのクラスとストレージを読み取り、過剰なものや使われていないものを見つけます。"
        {
          Sid    = "Databases"
          Effect = "Allow"
          Action = [
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:DescribeDBSnapshots",
            "rds:DescribeOrderableDBInstanceOptions",
            "rds:DescribeReservedDBInstances",
            "rds:ListTagsForResource",
          ]
          Resource = [
            "*",
          ]
        },
        # "ロードバランサーと、その配下に正常なターゲットがあるかどうかを読み取り、利用されていないものを見つけます。"
        {
          Sid    = "LoadBalancers"
          Effect = "Allow"
          Action = [
            "elasticloadbalancing:DescribeInstanceHealth",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lambda 関数のメモリ、アーキテクチャ、同時実行数を読み取り、適切なサイズを提案します。AWS が返す一覧には各関数の環境変数も含まれます。コードは読み取りません。"
        {
          Sid    = "Functions"
          Effect = "Allow"
          Action = [
            "lambda:GetAccountSettings",
            "lambda:GetFunctionConcurrency",
            "lambda:ListFunctions",
            "lambda:ListProvisionedConcurrencyConfigs",
            "lambda:ListTags",
          ]
          Resource = [
            "*",
          ]
        },
        # "S3 バケットの名前と設定を読み取り、ライフサイクルルールのないストレージを見つけます。オブジェクトの一覧や内容は読み取りません。"
        {
          Sid    = "BucketSettings"
          Effect = "Allow"
          Action = [
            "s3:GetAnalyticsConfiguration",
            "s3:GetBucketLocation",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetIntelligentTieringConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:GetStorageLensConfiguration",
            "s3:ListAllMyBuckets",
            "s3:ListStorageLensConfigurations",
          ]
          Resource = [
            "*",
          ]
        },
        # "CPU 使用率やリクエスト数などの CloudWatch メトリクスを読み取り、使われていないリソースを判断します。ログは読み取りません。"
        {
          Sid    = "Metrics"
          Effect = "Allow"
          Action = [
            "cloudwatch:GetMetricData",
            "cloudwatch:GetMetricStatistics",
            "cloudwatch:ListMetrics",
          ]
          Resource = [
            "*",
          ]
        },
        # "Cost Explorer からサービス、タグ、リソースごとの費用、使用量、予測を読み取り、費用の内訳を示します。Cost Explorer のリクエストには料金がかかります。"
        {
          Sid    = "Costs"
          Effect = "Allow"
          Action = [
            "ce:DescribeCostCategoryDefinition",
            "ce:GetAnomalies",
            "ce:GetCostAndUsage",
            "ce:GetCostAndUsageWithResources",
            "ce:GetCostCategories",
            "ce:GetCostForecast",
            "ce:GetDimensionValues",
            "ce:GetReservationCoverage",
            "ce:GetReservationPurchaseRecommendation",
            "ce:GetReservationUtilization",
            "ce:GetRightsizingRecommendation",
            "ce:GetSavingsPlansCoverage",
            "ce:GetSavingsPlansPurchaseRecommendation",
            "ce:GetSavingsPlansUtilization",
            "ce:GetSavingsPlansUtilizationDetails",
            "ce:GetTags",
            "ce:GetUsageForecast",
            "ce:ListCostAllocationTags",
            "ce:ListCostCategoryDefinitions",
          ]
          Resource = [
            "*",
          ]
        },
        # "購入済みの Savings Plans と提供されている料金を読み取り、次回の購入を提案します。"
        {
          Sid    = "Commitments"
          Effect = "Allow"
          Action = [
            "savingsplans:DescribeSavingsPlanRates",
            "savingsplans:DescribeSavingsPlans",
            "savingsplans:DescribeSavingsPlansOfferingRates",
            "savingsplans:DescribeSavingsPlansOfferings",
          ]
          Resource = [
            "*",
          ]
        },
        # "AWS Compute Optimizer と Cost Optimization Hub の推奨事項を読み取り、ベンダー独自の提案と比較します。"
        {
          Sid    = "Recommendations"
          Effect = "Allow"
          Action = [
            "compute-optimizer:GetAutoScalingGroupRecommendations",
            "compute-optimizer:GetEBSVolumeRecommendations",
            "compute-optimizer:GetEC2InstanceRecommendations",
            "compute-optimizer:GetEffectiveRecommendationPreferences",
            "compute-optimizer:GetEnrollmentStatus",
            "compute-optimizer:GetIdleRecommendations",
            "compute-optimizer:GetLambdaFunctionRecommendations",
            "compute-optimizer:GetRDSDatabaseRecommendations",
            "compute-optimizer:GetRecommendationSummaries",
            "cost-optimization-hub:GetRecommendation",
            "cost-optimization-hub:ListEnrollmentStatuses",
            "cost-optimization-hub:ListRecommendationSummaries",
            "cost-optimization-hub:ListRecommendations",
          ]
          Resource = [
            "*",
          ]
        },
        # "コストと使用状況レポートの設定と出力先を読み取ります。レポートの内容は読み取りません。"
        {
          Sid    = "CostReports"
          Effect = "Allow"
          Action = [
            "bcm-data-exports:GetExport",
            "bcm-data-exports:ListExports",
            "cur:DescribeReportDefinitions",
          ]
          Resource = [
            "*",
          ]
        },
        # "リソースのタグを読み取り、チーム、プロジェクト、環境ごとに費用を集計します。"
        {
          Sid    = "Tags"
          Effect = "Allow"
          Action = [
            "tag:GetResources",
            "tag:GetTagKeys",
            "tag:GetTagValues",
          ]
          Resource = [
            "*",
          ]
        },
        # "AWS の公開料金表を読み取り、変更した場合の削減額を計算します。"
        {
          Sid    = "Prices"
          Effect = "Allow"
          Action = [
            "pricing:DescribeServices",
            "pricing:GetAttributeValues",
            "pricing:GetProducts",
          ]
          Resource = [
            "*",
          ]
        },
        # "バックアップはストレージ費用の大きな部分です。"
        {
          Sid    = "Backups"
          Effect = "Allow"
          Action = [
            "backup:ListBackupVaults",
          ]
          Resource = [
            "*",
          ]
        },
      ]
    }
  }
}

resource "aws_iam_role" "role" {
  name                 = var.role_name
  path                 = var.path
  description          = "Lets example-costs read this account, with its external ID only. Made by deputize."
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust_policy)

  tags = merge(var.tags, {
    "deputize:revision"         = "1fe78cd53623"
    "deputize:template-version" = "1"
    "deputize:tenant"           = "nippon-denki"
    "deputize:vendor"           = "example-costs"
  })

  lifecycle {
    precondition {
      condition     = data.aws_partition.current.partition == "aws"
      error_message = "This module is for partition aws only."
    }

    precondition {
      condition     = data.aws_caller_identity.current.account_id != "111122223333"
      error_message = "This is the vendor's own account. Apply the module in the customer's account."
    }
  }
}

resource "aws_iam_policy" "access" {
  for_each = local.access_policies

  name        = "${var.role_name}${each.key}"
  path        = var.path
  description = "What example-costs may read. Made by deputize."
  policy      = jsonencode(each.value)
}

resource "aws_iam_role_policy_attachment" "access" {
  for_each = local.access_policies

  role       = aws_iam_role.role.name
  policy_arn = aws_iam_policy.access[each.key].arn
}
