# Made by deputize for tenant "a-company" ("\"Quote\" 'n' `tick` \\ \u0024{aws:username} \u0025{ if true } <script>alert(1)</script> {{ 7*7 }} {\u0025 raw \u0025} !Sub #no & *x | [a](b) 🐙🏽 日本"), on behalf of vendor "obrien".
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
        # "Lists virtual machines, images, scaling groups and desktops, to show what runs where."
        {
          Sid    = "Compute"
          Effect = "Allow"
          Action = [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "ec2:DescribeHosts",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstances",
            "ec2:DescribeKeyPairs",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeRegions",
            "ec2:DescribeReservedInstances",
            "ec2:DescribeTags",
            "elasticbeanstalk:DescribeApplications",
            "elasticbeanstalk:DescribeEnvironments",
            "workspaces:DescribeWorkspaces",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists container clusters, services, tasks and images by name. What the images contain is not read."
        {
          Sid    = "Containers"
          Effect = "Allow"
          Action = [
            "apprunner:ListServices",
            "batch:ListJobs",
            "ecr:DescribeImages",
            "ecr:ListImages",
            "ecs:ListClusters",
            "ecs:ListContainerInstances",
            "ecs:ListServices",
            "ecs:ListTaskDefinitions",
            "ecs:ListTasks",
            "eks:ListAddons",
            "eks:ListClusters",
            "eks:ListFargateProfiles",
            "eks:ListNodegroups",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists Lambda functions and what triggers them. The list that AWS returns also holds each function's environment variables; the code is not read."
        {
          Sid    = "Functions"
          Effect = "Allow"
          Action = [
            "lambda:ListAliases",
            "lambda:ListEventSourceMappings",
            "lambda:ListFunctions",
            "lambda:ListLayers",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists disks, snapshots, buckets, file systems and backups. Objects and files are neither listed nor read."
        {
          Sid    = "Storage"
          Effect = "Allow"
          Action = [
            "backup:ListBackupPlans",
            "backup:ListBackupVaults",
            "backup:ListProtectedResources",
            "ec2:DescribeSnapshots",
            "ec2:DescribeVolumes",
            "elasticfilesystem:DescribeFileSystems",
            "glacier:ListVaults",
            "s3:ListAccessPoints",
            "s3:ListAllMyBuckets",
            "s3tables:ListTableBuckets",
            "storagegateway:ListGateways",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists databases, caches and search domains with engine and size. Their rows and documents are not read."
        {
          Sid    = "Databases"
          Effect = "Allow"
          Action = [
            "dynamodb:ListBackups",
            "dynamodb:ListGlobalTables",
            "dynamodb:ListTables",
            "elasticache:DescribeCacheClusters",
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeServerlessCaches",
            "es:DescribeDomains",
            "es:ListDomainNames",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:DescribeDBProxies",
            "rds:DescribeDBSnapshots",
            "rds:DescribeGlobalClusters",
            "redshift:DescribeClusters",
            "timestream:ListDatabases",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists networks, gateways, load balancers, distributions and DNS zones, to show how things are connected. A distribution's entry also holds the headers it sends to its origin."
        {
          Sid    = "Networks"
          Effect = "Allow"
          Action = [
            "cloudfront:ListDistributions",
            "ec2:DescribeAddresses",
            "ec2:DescribeFlowLogs",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNatGateways",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeTransitGateways",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeVpcs",
            "elasticloadbalancing:DescribeLoadBalancers",
            "globalaccelerator:ListAccelerators",
            "route53:ListHostedZones",
            "wafv2:ListWebACLs",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists topics, streams, event rules, brokers and workflows by name. Messages are not read."
        {
          Sid    = "Messaging"
          Effect = "Allow"
          Action = [
            "events:ListEventBuses",
            "events:ListRules",
            "firehose:ListDeliveryStreams",
            "kafka:ListClustersV2",
            "kinesis:ListStreams",
            "mq:ListBrokers",
            "scheduler:ListSchedules",
            "sns:ListSubscriptions",
            "sns:ListTopics",
            "states:ListStateMachines",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists analytics clusters, jobs, models and endpoints by name. Data sets and results are not read."
        {
          Sid    = "Analytics"
          Effect = "Allow"
          Action = [
            "athena:ListDataCatalogs",
            "athena:ListWorkGroups",
            "bedrock:ListAgents",
            "bedrock:ListCustomModels",
            "bedrock:ListKnowledgeBases",
            "elasticmapreduce:ListClusters",
            "glue:ListCrawlers",
            "glue:ListJobs",
            "sagemaker:ListEndpoints",
            "sagemaker:ListModels",
            "sagemaker:ListNotebookInstances",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists users, roles, keys, certificates and the names of secrets and parameters. Their values are not read."
        {
          Sid    = "Identities"
          Effect = "Allow"
          Action = [
            "acm:ListCertificates",
            "iam:ListAccountAliases",
            "iam:ListGroups",
            "iam:ListInstanceProfiles",
            "iam:ListPolicies",
            "iam:ListRoles",
            "iam:ListUsers",
            "kms:ListAliases",
            "kms:ListKeys",
            "secretsmanager:ListSecrets",
            "ssm:DescribeParameters",
          ]
          Resource = [
            "*",
          ]
        },
        # "Lists stacks, trails, log groups, pipelines and the enabled regions, to complete the picture. Log lines are not read."
        {
          Sid    = "Management"
          Effect = "Allow"
          Action = [
            "account:ListRegions",
            "cloudformation:ListStackSets",
            "cloudformation:ListStacks",
            "cloudtrail:ListTrails",
            "cloudwatch:ListDashboards",
            "cloudwatch:ListMetrics",
            "codebuild:ListProjects",
            "codepipeline:ListPipelines",
            "config:DescribeConfigRules",
            "config:ListDiscoveredResources",
            "guardduty:ListDetectors",
            "logs:DescribeLogGroups",
            "ssm:ListDocuments",
            "ssm:ListNodes",
          ]
          Resource = [
            "*",
          ]
        },
        # "\"Because\" \u0024{local.x} */ --> ``` # <img src=x onerror=alert(1)> 'q' \\ {\u0025 endraw \u0025}"
        {
          Sid    = "Hostile"
          Effect = "Allow"
          Action = [
            "ec2:DescribeInstances",
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
  description          = "Two lines, \"quotes\", \u0024\u0024{ and \u0025{ if }:\u000a<script> - !Ref x # ÿ"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust_policy)

  tags = merge(var.tags, {
    "deputize:revision"         = "8c7bad69672b"
    "deputize:template-version" = "1"
    "deputize:tenant"           = "a-company"
    "deputize:vendor"           = "obrien"
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
  description = "What obrien may read. Made by deputize."
  policy      = jsonencode(each.value)
}

resource "aws_iam_role_policy_attachment" "access" {
  for_each = local.access_policies

  role       = aws_iam_role.role.name
  policy_arn = aws_iam_policy.access[each.key].arn
}
