# Made by deputize for tenant "a-company" ("a-company"), on behalf of vendor "example".
# Root or child module: it has no provider and no backend block of its own.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Who may enter: "role /reader, /service/nightly/collector of account 111122223333, and only with this tenant's external ID".
  # Without the external ID, another customer of the vendor who knows this role's ARN could be let in with it.
  trust_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AssumeWithExternalId"
        Effect = "Allow"
        Principal = {
          AWS = [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws:iam::111122223333:role/service/nightly/collector",
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
        }
      },
      {
        Sid    = "SetSourceIdentity"
        Effect = "Allow"
        Principal = {
          AWS = [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws:iam::111122223333:role/service/nightly/collector",
          ]
        }
        Action = [
          "sts:SetSourceIdentity",
        ]
      },
      {
        Sid    = "TagSession"
        Effect = "Allow"
        Principal = {
          AWS = [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws:iam::111122223333:role/service/nightly/collector",
          ]
        }
        Action = [
          "sts:TagSession",
        ]
        Condition = {
          "ForAllValues:StringEquals" = {
            "aws:TagKeys" = [
              "cost center",
              "project",
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
        # "Lets the role read itself, so that anyone can check from outside what it may do and who may enter."
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
        # "Lets the role read the text of its own policies, for the same check."
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
        # "Lists EC2 instances, their types and reservations, and addresses and gateways that cost money while idle, to find what is too large or unused. Start-up scripts are not read."
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
        # "Lists EBS volumes and snapshots with type and size, to find unattached, oversized and forgotten ones."
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
        # "Reads Auto Scaling groups, targets and schedules, so that advice on instance sizes fits how the fleet scales."
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
        # "Lists RDS databases, snapshots and reservations with class and storage, to find what is too large or unused."
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
        # "Lists load balancers and whether anything healthy stands behind them, to find those that serve nobody."
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
        # "Reads the memory, architecture and concurrency of Lambda functions, to size them. The list that AWS returns also holds each function's environment variables; the code is not read."
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
        # "Reads the names and settings of S3 buckets, to find storage without a lifecycle rule. Objects are neither listed nor read."
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
        # "Reads CloudWatch metrics such as processor load and request counts, to tell what is idle. Logs are not read."
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
        # "Reads costs, usage and forecasts from Cost Explorer, by service, tag and resource, to show where the money goes. AWS bills each Cost Explorer request."
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
        # "Reads the Savings Plans that have been bought and the rates on offer, to advise on the next purchase."
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
        # "Reads the recommendations of AWS Compute Optimizer and Cost Optimization Hub, to compare them with the vendor's own."
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
        # "Reads which cost and usage reports are set up and where they go. The reports themselves are not read."
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
        # "Reads the tags of resources, to group costs by team, project or environment."
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
        # "Reads AWS's public price list, to compute what a change would save."
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
      ]
    }
  }
}

resource "aws_iam_role" "role" {
  name                 = var.role_name
  path                 = var.path
  description          = "Lets example read this account, with its external ID only. Made by deputize."
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust_policy)

  tags = merge(var.tags, {
    "deputize:revision"         = "a662ff891cfe"
    "deputize:template-version" = "1"
    "deputize:tenant"           = "a-company"
    "deputize:vendor"           = "example"
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
  description = "What example may read. Made by deputize."
  policy      = jsonencode(each.value)
}

resource "aws_iam_role_policy_attachment" "access" {
  for_each = local.access_policies

  role       = aws_iam_role.role.name
  policy_arn = aws_iam_policy.access[each.key].arn
}
