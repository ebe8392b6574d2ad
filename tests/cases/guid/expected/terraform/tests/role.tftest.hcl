# Tests of the module: `terraform init`, then `terraform test`. AWS is not asked, nothing is made, no credentials are
# needed. Terraform >= 1.7, OpenTofu >= 1.8.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "999999999999"
    }
  }

  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }
}

run "the_role_is_what_the_vendor_asked_for" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.role.assume_role_policy).Statement :
      statement.Principal == { AWS = ["arn:aws:iam::111122223333:root"] }
    ])
    error_message = "Somebody else than the vendor may enter."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.role.assume_role_policy).Statement :
      try(statement.Condition.StringEquals, {}) == { "sts:ExternalId" = ["7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"] }
      if contains(statement.Action, "sts:AssumeRole")
    ])
    error_message = "The role can be assumed without the tenant's external ID."
  }

  assert {
    condition = jsondecode(aws_iam_role.role.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [
        { "Sid" = "AssumeWithExternalId", "Effect" = "Allow", "Principal" = { "AWS" = ["arn:aws:iam::111122223333:root"] }, "Action" = ["sts:AssumeRole"], "Condition" = { "StringEquals" = { "sts:ExternalId" = ["7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"] }, "ArnEquals" = { "aws:PrincipalArn" = ["arn:aws:iam::111122223333:role/reader"] } } },
      ]
    }
    error_message = "The trust policy is not the one that the vendor asked for."
  }

  assert {
    condition = [output.external_id, output.tenant, output.vendor, output.vendor_account] == [
      "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",
      "a-company",
      "example-costs",
      "111122223333",
    ]
    error_message = "The outputs do not say whom the role is for."
  }

  assert {
    condition     = { for key, policy in aws_iam_policy.access : key => policy.name } == { "-access" = "example-costs-a-company-access" }
    error_message = "The role's own policies are others, or have other names."
  }

  assert {
    condition = sha256(join("\n", sort(distinct(flatten([
      for policy in aws_iam_policy.access : [for statement in jsondecode(policy.policy).Statement : statement.Action]
    ]))))) == "4412f906ab69175f2c211191908455e0dbd6f1cdc6ed1185ccd518ee51303a5b"
    error_message = "The policies list other actions than the vendor asked for."
  }

  assert {
    condition     = keys(aws_iam_role_policy_attachment.access) == keys(aws_iam_policy.access)
    error_message = "A policy of the module's own is not attached."
  }

  assert {
    condition     = [aws_iam_role.role.name, aws_iam_role.role.path] == ["example-costs-a-company", "/"]
    error_message = "The defaults are not the vendor's."
  }

  assert {
    condition     = aws_iam_role.role.permissions_boundary == null
    error_message = "The default permissions boundary is not the vendor's."
  }

  assert {
    condition     = aws_iam_role.role.max_session_duration == 3600
    error_message = "Sessions last longer or shorter than the vendor asked for."
  }

  assert {
    condition     = aws_iam_role.role.tags == tomap({ "deputize:revision" = "e4af1f55494f", "deputize:template-version" = "1", "deputize:tenant" = "a-company", "deputize:vendor" = "example-costs" })
    error_message = "The role's tags are others."
  }
}

run "choices_honoured" {
  command = plan

  variables {
    role_name            = "Chosen_by+the=customer,.@-"
    path                 = "/chosen/by_the+=,.@-/customer/"
    permissions_boundary = "arn:aws:iam::999999999999:policy/a/boundary"
    tags                 = { "Chosen-By" = "the customer", "deputize:tenant" = "another" }
  }

  assert {
    condition = [aws_iam_role.role.name, aws_iam_role.role.path, aws_iam_role.role.permissions_boundary] == [
      "Chosen_by+the=customer,.@-",
      "/chosen/by_the+=,.@-/customer/",
      "arn:aws:iam::999999999999:policy/a/boundary",
    ]
    error_message = "A choice is not honoured."
  }

  assert {
    condition     = aws_iam_role.role.tags == tomap({ "Chosen-By" = "the customer", "deputize:revision" = "e4af1f55494f", "deputize:template-version" = "1", "deputize:tenant" = "a-company", "deputize:vendor" = "example-costs" })
    error_message = "A tag is lost, or one of the vendor's was replaced."
  }

  assert {
    condition     = { for key, policy in aws_iam_policy.access : key => policy.name } == { "-access" = "Chosen_by+the=customer,.@--access" }
    error_message = "The policies do not follow the role's name."
  }

  assert {
    condition = setsubtract(flatten([
      for policy in aws_iam_policy.access : [for statement in jsondecode(policy.policy).Statement : statement.Resource]
    ]), ["*"]) == toset(["arn:aws:iam::*:role/chosen/by_the+=,.@-/customer/Chosen_by+the=customer,.@-", "arn:aws:iam::*:policy/chosen/by_the+=,.@-/customer/Chosen_by+the=customer,.@--access"])
    error_message = "The policies are for other resources, or do not follow the role's name and path."
  }
}

run "the_vendors_own_account_is_refused" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = {
      account_id = "111122223333"
    }
  }

  expect_failures = [aws_iam_role.role]
}

run "another_partition_is_refused" {
  command = plan

  override_data {
    target = data.aws_partition.current
    values = {
      partition = "aws-us-gov"
    }
  }

  expect_failures = [aws_iam_role.role]
}

run "choices_of_no_right_form_are_refused" {
  command = plan

  variables {
    role_name            = "two words"
    path                 = "no/slashes/around"
    permissions_boundary = "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"
  }

  expect_failures = [var.role_name, var.path, var.permissions_boundary]
}
