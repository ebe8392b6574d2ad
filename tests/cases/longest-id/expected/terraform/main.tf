# Made by deputize for tenant "a-company" ("a-company"), on behalf of vendor "example-costs".
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
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-ABCDEFGHIJKLMNOPQ",
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
        # "Which instances run."
        {
          Sid    = "Instances"
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
  description          = "Lets example-costs read this account, with its external ID only. Made by deputize."
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust_policy)

  tags = merge(var.tags, {
    "deputize:revision"         = "5e042898ec81"
    "deputize:template-version" = "1"
    "deputize:tenant"           = "a-company"
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
