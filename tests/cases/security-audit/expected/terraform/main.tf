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

  # These reads return credentials or secrets. The vendor asks for each, and says why:
  # "apigateway:GET": "SecurityAudit allows it only on APIs, stages and the like, not on API keys."
  # "appsync:ListApiKeys": "Part of SecurityAudit. Returns the API keys of AppSync APIs; the audit needs only whether keys exist and when they expire."
  # "chime:ListApiKeys": "Part of SecurityAudit. Lists the access keys of Chime's user provisioning; the audit needs only whether there are any."
  # "chime:ListAttendees": "Part of SecurityAudit. Returns tokens with which attendees join a meeting; the audit has no need of them."
  # "chime:ListBots": "Part of SecurityAudit. Returns the security tokens of Chime bots; the audit needs only which bots exist."
  # "chime:ListUsers": "Part of SecurityAudit. Returns the PINs with which each Chime user's own meeting is joined; the audit has no need of them."
  # "codepipeline:GetJobDetails": "Part of SecurityAudit. Returns temporary keys for the artifact bucket of a custom action's job; the audit has no need of them."
  # "cognito-idp:DescribeIdentityProvider": "Part of SecurityAudit. Returns the client secret of an identity provider beside the settings that the audit checks."
  # "cognito-idp:DescribeUserImportJob": "Part of SecurityAudit. Returns the upload URL of a user import; the audit has no need of it."
  # "cognito-idp:DescribeUserPoolClient": "Part of SecurityAudit. Returns an app client's secret beside the sign-in settings that the audit checks."
  # "cognito-idp:ListUserImportJobs": "Part of SecurityAudit. Returns the upload URLs of user imports; the audit has no need of them."
  # "datasync:DescribeLocationFsxOntap": "Part of SecurityAudit. May return the password of a file share beside the location's settings."
  # "datasync:DescribeLocationFsxOpenZfs": "Part of SecurityAudit. May return the password of a file share beside the location's settings."
  # "directconnect:DescribeRouterConfiguration": "Part of SecurityAudit. Returns a router configuration, which may hold the BGP key of a private line."
  # "directconnect:DescribeVirtualInterfaces": "Part of SecurityAudit. Returns the BGP keys of private lines beside their network settings; a key is of use only on the line itself."
  # "dms:DescribeEndpoints": "Part of SecurityAudit. May return database passwords beside the encryption settings that the audit checks."
  # "ds:DescribeDirectories": "Part of SecurityAudit. May return the secret shared with a RADIUS server beside the directory's settings."
  # "ec2:DescribeBundleTasks": "Part of SecurityAudit. Returns the upload signature of an image being bundled; the audit has no need of it."
  # "ec2:DescribeVerifiedAccessTrustProviders": "Part of SecurityAudit. May return the client secret of an identity provider beside the settings that the audit checks."
  # "ec2:DescribeVpnConnections": "Part of SecurityAudit. Returns the pre-shared keys of VPN tunnels beside the encryption settings that the audit checks."
  # "elasticmapreduce:DescribeCluster": "Part of SecurityAudit. May return the Kerberos passwords of a cluster beside its security settings."
  # "firehose:DescribeDeliveryStream": "Part of SecurityAudit. Returns the Splunk token of a stream that delivers there, beside the encryption settings that the audit checks."
  # "glue:GetJobs": "Part of SecurityAudit. May return a personal access token of the source repository beside the settings of jobs."
  # "quicksight:DescribeAssetBundleImportJob": "Part of SecurityAudit. May return the database passwords given to an import of QuickSight assets; the audit has no need of them."

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
            "arn:aws:iam::aws:policy/SecurityAudit",
          ]
        },
        # "Reads which regions are enabled, so that none is left unchecked, and whether AWS can reach the account's owner."
        {
          Sid    = "AccountRegions"
          Effect = "Allow"
          Action = [
            "account:GetContactInformation",
            "account:ListRegions",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads what is shared with other accounts, and the counts of IAM Access Analyzer's findings."
        {
          Sid    = "AccessFindings"
          Effect = "Allow"
          Action = [
            "access-analyzer:GetFindingsStatistics",
            "access-analyzer:ListAccessPreviews",
            "ram:GetPermission",
            "ram:GetResourcePolicies",
            "ram:GetResourceShareInvitations",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads which recovery points exist and whether they are encrypted, to judge recovery from ransomware. Backups are not restored."
        {
          Sid    = "Backups"
          Effect = "Allow"
          Action = [
            "backup:DescribeFramework",
            "backup:DescribeRecoveryPoint",
            "backup:ListFrameworks",
            "backup:ListRecoveryPointsByBackupVault",
            "backup:ListRecoveryPointsByResource",
            "backup:ListReportPlans",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads the add-ons, sign-in providers and pod identities of EKS clusters, to find outdated parts and too wide roles."
        {
          Sid    = "Clusters"
          Effect = "Allow"
          Action = [
            "eks:DescribeAddon",
            "eks:DescribeIdentityProviderConfig",
            "eks:DescribeInsight",
            "eks:DescribePodIdentityAssociation",
            "eks:ListAddons",
            "eks:ListIdentityProviderConfigs",
            "eks:ListInsights",
            "eks:ListPodIdentityAssociations",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads how images enter the registry and whether they are scanned and signed. Images are not pulled."
        {
          Sid    = "Registries"
          Effect = "Allow"
          Action = [
            "ecr:DescribePullThroughCacheRules",
            "ecr:DescribeRepositoryCreationTemplates",
            "ecr:GetAccountSetting",
            "ecr:GetSigningConfiguration",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads the rules of firewalls, the address lists they use and where they are not applied."
        {
          Sid    = "Firewalls"
          Effect = "Allow"
          Action = [
            "fms:GetAdminAccount",
            "fms:GetComplianceDetail",
            "fms:GetPolicy",
            "fms:ListMemberAccounts",
            "network-firewall:DescribeTLSInspectionConfiguration",
            "network-firewall:ListTLSInspectionConfigurations",
            "wafv2:GetIPSet",
            "wafv2:GetRegexPatternSet",
            "wafv2:GetRuleGroup",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads whether Inspector and Macie are switched on and for what, and what Trusted Advisor recommends."
        {
          Sid    = "Detection"
          Effect = "Allow"
          Action = [
            "inspector2:GetEc2DeepInspectionConfiguration",
            "inspector2:ListMembers",
            "macie2:GetAutomatedDiscoveryConfiguration",
            "macie2:GetClassificationExportConfiguration",
            "macie2:GetMacieSession",
            "macie2:ListClassificationJobs",
            "trustedadvisor:ListChecks",
            "trustedadvisor:ListRecommendationResources",
            "trustedadvisor:ListRecommendations",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads where audit events go, who may read them and how long they are kept. The events in them are not read."
        {
          Sid    = "Trails"
          Effect = "Allow"
          Action = [
            "cloudtrail:GetChannel",
            "cloudtrail:GetEventDataStore",
            "cloudtrail:GetResourcePolicy",
            "cloudtrail:ListChannels",
            "logs:GetDataProtectionPolicy",
          ]
          Resource = [
            "*",
          ]
        },
        # "Reads access policies, encryption and multi-factor settings of data stores and user pools. What they hold is not read."
        {
          Sid    = "DataProtection"
          Effect = "Allow"
          Action = [
            "aoss:BatchGetCollection",
            "aoss:GetAccessPolicy",
            "aoss:GetSecurityConfig",
            "aoss:GetSecurityPolicy",
            "aoss:ListAccessPolicies",
            "aoss:ListCollections",
            "aoss:ListSecurityConfigs",
            "aoss:ListSecurityPolicies",
            "cognito-idp:GetUserPoolMfaConfig",
            "s3express:GetAccessPointPolicy",
            "s3tables:GetTableBucket",
            "s3tables:GetTableBucketEncryption",
          ]
          Resource = [
            "*",
          ]
        },
      ]
    }
  }

  # AWS's own read-only policies; AWS may change them.
  managed_policy_arns = [
    # "Reads the security configuration of AWS services, kept up to date by AWS as services are added."
    "arn:aws:iam::aws:policy/SecurityAudit",
  ]
}

resource "aws_iam_role" "role" {
  name                 = var.role_name
  path                 = var.path
  description          = "Lets example-costs read this account, with its external ID only. Made by deputize."
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust_policy)

  tags = merge(var.tags, {
    "deputize:revision"         = "dc0bd5752205"
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

resource "aws_iam_role_policy_attachment" "aws_managed" {
  for_each = toset(local.managed_policy_arns)

  role       = aws_iam_role.role.name
  policy_arn = each.value
}
