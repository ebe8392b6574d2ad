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
            "arn:aws:iam::*:policy${var.path}${var.role_name}-access*",
          ]
        },
      ]
    }
    "-access-2" = {
      Version = "2012-10-17"
      Statement = [
        # "Where instances run and what they are attached to."
        {
          Sid    = "Network"
          Effect = "Allow"
          Action = [
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAccountVpcEncryptionControl",
            "ec2:DescribeAddresses",
            "ec2:DescribeAddressesAttribute",
            "ec2:DescribeAddressTransfers",
            "ec2:DescribeAggregateIdFormat",
            "ec2:DescribeApplicationStatus",
            "ec2:DescribeApplicationStatusCheckAssociations",
            "ec2:DescribeApplicationStatusChecks",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeAwsNetworkPerformanceMetricSubscriptions",
            "ec2:DescribeByoipCidrs",
            "ec2:DescribeCapacityBlockExtensionHistory",
            "ec2:DescribeCapacityBlockExtensionOfferings",
            "ec2:DescribeCapacityBlockOfferings",
            "ec2:DescribeCapacityBlocks",
            "ec2:DescribeCapacityBlockStatus",
            "ec2:DescribeCapacityManagerDataExports",
            "ec2:DescribeCapacityReservationBillingRequests",
            "ec2:DescribeCapacityReservationCancellationQuotes",
            "ec2:DescribeCapacityReservationFleets",
            "ec2:DescribeCapacityReservations",
            "ec2:DescribeCapacityReservationTopology",
            "ec2:DescribeCarrierGateways",
            "ec2:DescribeClassicLinkInstances",
            "ec2:DescribeClientVpnAuthorizationRules",
            "ec2:DescribeClientVpnConnections",
            "ec2:DescribeClientVpnEndpoints",
            "ec2:DescribeClientVpnRoutes",
            "ec2:DescribeClientVpnTargetNetworks",
            "ec2:DescribeCoipPools",
            "ec2:DescribeConversionTasks",
            "ec2:DescribeCustomerGateways",
            "ec2:DescribeDeclarativePoliciesReports",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeEgressOnlyInternetGateways",
            "ec2:DescribeElasticGpus",
            "ec2:DescribeExportImageTasks",
            "ec2:DescribeExportTasks",
            "ec2:DescribeFastLaunchImages",
            "ec2:DescribeFastSnapshotRestores",
            "ec2:DescribeFleetHistory",
            "ec2:DescribeFleetInstances",
            "ec2:DescribeFleets",
            "ec2:DescribeFlowLogs",
            "ec2:DescribeFpgaImageAttribute",
            "ec2:DescribeFpgaImages",
            "ec2:DescribeHostReservationOfferings",
            "ec2:DescribeHostReservations",
            "ec2:DescribeHosts",
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeIdentityIdFormat",
            "ec2:DescribeIdFormat",
            "ec2:DescribeImageAttribute",
            "ec2:DescribeImageReferences",
            "ec2:DescribeImages",
            "ec2:DescribeImageUsageReportEntries",
            "ec2:DescribeImageUsageReports",
            "ec2:DescribeImportImageTasks",
            "ec2:DescribeImportSnapshotTasks",
            "ec2:DescribeInstanceConnectEndpoints",
            "ec2:DescribeInstanceCreditSpecifications",
            "ec2:DescribeInstanceEventNotificationAttributes",
            "ec2:DescribeInstanceEventWindows",
            "ec2:DescribeInstanceImageMetadata",
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceSqlHaHistoryStates",
            "ec2:DescribeInstanceSqlHaStates",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTopology",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeIpamByoasn",
            "ec2:DescribeIpamExternalResourceVerificationTokens",
            "ec2:DescribeIpamInternetRegistryAssociations",
            "ec2:DescribeIpamPolicies",
            "ec2:DescribeIpamPoolAllocations",
            "ec2:DescribeIpamPools",
            "ec2:DescribeIpamPrefixListResolvers",
            "ec2:DescribeIpamPrefixListResolverTargets",
            "ec2:DescribeIpamResourceDiscoveries",
            "ec2:DescribeIpamResourceDiscoveryAssociations",
            "ec2:DescribeIpams",
            "ec2:DescribeIpamScopes",
            "ec2:DescribeIpv6Pools",
            "ec2:DescribeKeyPairs",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeLocalGatewayRouteTablePermissions",
            "ec2:DescribeLocalGatewayRouteTables",
            "ec2:DescribeLocalGatewayRouteTableVirtualInterfaceGroupAssociations",
            "ec2:DescribeLocalGatewayRouteTableVpcAssociations",
            "ec2:DescribeLocalGateways",
            "ec2:DescribeLocalGatewayVirtualInterfaceGroups",
            "ec2:DescribeLocalGatewayVirtualInterfaces",
            "ec2:DescribeLockedSnapshots",
            "ec2:DescribeMacHosts",
            "ec2:DescribeMacModificationTasks",
            "ec2:DescribeManagedPrefixLists",
            "ec2:DescribeMovingAddresses",
            "ec2:DescribeNatGateways",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInsightsAccessScopeAnalyses",
            "ec2:DescribeNetworkInsightsAccessScopes",
            "ec2:DescribeNetworkInsightsAnalyses",
            "ec2:DescribeNetworkInsightsPaths",
            "ec2:DescribeNetworkInterfaceAttribute",
            "ec2:DescribeNetworkInterfacePermissions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeOutpostLags",
            "ec2:DescribePlacementGroups",
            "ec2:DescribePrefixLists",
            "ec2:DescribePrincipalIdFormat",
            "ec2:DescribePublicIpv4Pools",
            "ec2:DescribeRegions",
            "ec2:DescribeReplaceRootVolumeTasks",
            "ec2:DescribeReservedInstances",
            "ec2:DescribeReservedInstancesListings",
            "ec2:DescribeReservedInstancesModifications",
            "ec2:DescribeReservedInstancesOfferings",
            "ec2:DescribeRouteServerEndpoints",
            "ec2:DescribeRouteServerPeers",
            "ec2:DescribeRouteServers",
            "ec2:DescribeRouteTables",
            "ec2:DescribeScheduledInstanceAvailability",
            "ec2:DescribeScheduledInstances",
            "ec2:DescribeSecondaryInterfaces",
            "ec2:DescribeSecondaryNetworks",
            "ec2:DescribeSecondarySubnets",
            "ec2:DescribeSecurityGroupReferences",
            "ec2:DescribeSecurityGroupRules",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSecurityGroupVpcAssociations",
            "ec2:DescribeServiceLinkVirtualInterfaces",
            "ec2:DescribeSnapshotAttribute",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSnapshotTierStatus",
            "ec2:DescribeSpotDatafeedSubscription",
            "ec2:DescribeSpotFleetInstances",
            "ec2:DescribeSpotFleetRequestHistory",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeStaleSecurityGroups",
            "ec2:DescribeStoreImageTasks",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DescribeTrafficMirrorFilterRules",
            "ec2:DescribeTrafficMirrorFilters",
            "ec2:DescribeTrafficMirrorSessions",
            "ec2:DescribeTrafficMirrorTargets",
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeTransitGatewayConnectPeers",
            "ec2:DescribeTransitGatewayConnects",
            "ec2:DescribeTransitGatewayMeteringPolicies",
            "ec2:DescribeTransitGatewayMulticastDomains",
            "ec2:DescribeTransitGatewayPeeringAttachments",
            "ec2:DescribeTransitGatewayPolicyTables",
            "ec2:DescribeTransitGatewayRouteTableAnnouncements",
            "ec2:DescribeTransitGatewayRouteTables",
            "ec2:DescribeTransitGateways",
            "ec2:DescribeTransitGatewayVpcAttachments",
            "ec2:DescribeTrunkInterfaceAssociations",
            "ec2:DescribeVerifiedAccessEndpoints",
            "ec2:DescribeVerifiedAccessGroups",
            "ec2:DescribeVerifiedAccessInstanceLoggingConfigurations",
            "ec2:DescribeVerifiedAccessInstances",
            "ec2:DescribeVerifiedAccessInstanceWebAclAssociations",
            "ec2:DescribeVolumeAttribute",
            "ec2:DescribeVolumes",
            "ec2:DescribeVolumesModifications",
            "ec2:DescribeVolumeStatus",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
          ]
          Resource = [
            "*",
          ]
        },
      ]
    }
    "-access-3" = {
      Version = "2012-10-17"
      Statement = [
        # "Where instances run and what they are attached to."
        {
          Sid    = "Network2"
          Effect = "Allow"
          Action = [
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:DescribeVpcClassicLink",
            "ec2:DescribeVpcClassicLinkDnsSupport",
            "ec2:DescribeVpcEncryptionControls",
            "ec2:DescribeVpcEndpointAssociations",
            "ec2:DescribeVpcEndpointConnectionNotifications",
            "ec2:DescribeVpcEndpointConnections",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcEndpointServiceConfigurations",
            "ec2:DescribeVpcEndpointServicePermissions",
            "ec2:DescribeVpcEndpointServices",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeVpcs",
            "ec2:DescribeVpnConcentrators",
            "ec2:DescribeVpnGateways",
          ]
          Resource = [
            "*",
          ]
        },
        # "Which databases run, and how large they are."
        {
          Sid    = "Databases"
          Effect = "Allow"
          Action = [
            "elasticache:DescribeCacheClusters",
            "elasticache:DescribeCacheEngineVersions",
            "elasticache:DescribeCacheParameterGroups",
            "elasticache:DescribeCacheParameters",
            "elasticache:DescribeCacheSecurityGroups",
            "elasticache:DescribeCacheSubnetGroups",
            "elasticache:DescribeEngineDefaultParameters",
            "elasticache:DescribeEvents",
            "elasticache:DescribeGlobalReplicationGroups",
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeReservedCacheNodes",
            "elasticache:DescribeReservedCacheNodesOfferings",
            "rds:DescribeAccountAttributes",
            "rds:DescribeBlueGreenDeployments",
            "rds:DescribeCertificates",
            "rds:DescribeDBClusterAutomatedBackups",
            "rds:DescribeDBClusterBacktracks",
            "rds:DescribeDBClusterEndpoints",
            "rds:DescribeDBClusterParameterGroups",
            "rds:DescribeDBClusterParameters",
            "rds:DescribeDBClusters",
            "rds:DescribeDBClusterSnapshotAttributes",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBEngineVersions",
            "rds:DescribeDBInstanceAutomatedBackups",
            "rds:DescribeDBInstances",
            "rds:DescribeDBLogFiles",
            "rds:DescribeDBMajorEngineVersions",
            "rds:DescribeDBParameterGroups",
            "rds:DescribeDBParameters",
            "rds:DescribeDBProxies",
            "rds:DescribeDBProxyEndpoints",
            "rds:DescribeDBProxyTargetGroups",
            "rds:DescribeDBProxyTargets",
            "rds:DescribeDBRecommendations",
            "rds:DescribeDBSecurityGroups",
            "rds:DescribeDBShardGroups",
            "rds:DescribeDBSnapshotAttributes",
            "rds:DescribeDBSnapshots",
            "rds:DescribeDBSnapshotTenantDatabases",
            "rds:DescribeDBSubnetGroups",
            "rds:DescribeEngineDefaultClusterParameters",
            "rds:DescribeEngineDefaultParameters",
            "rds:DescribeEventCategories",
            "rds:DescribeEvents",
            "rds:DescribeEventSubscriptions",
            "rds:DescribeExportTasks",
            "rds:DescribeGlobalClusters",
            "rds:DescribeIntegrations",
            "rds:DescribeOptionGroupOptions",
            "rds:DescribeOptionGroups",
            "rds:DescribeOrderableDBInstanceOptions",
            "rds:DescribePendingMaintenanceActions",
            "rds:DescribeRecommendationGroups",
            "rds:DescribeRecommendations",
            "rds:DescribeReservedDBInstances",
            "rds:DescribeReservedDBInstancesOfferings",
            "rds:DescribeSourceRegions",
            "rds:DescribeTenantDatabases",
            "rds:DescribeValidDBInstanceModifications",
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
    "deputize:revision"         = "fe8cc589b97f"
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
