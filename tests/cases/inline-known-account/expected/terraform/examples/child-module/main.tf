# The role as a part of a configuration of your own: copy this block, and let `source` lead to the module's folder.
# The role is made by your configuration's own provider, in the account and with the credentials that it names:
#
# provider "aws" {
#   region = "us-east-1"
# }

module "vendor_role" {
  source = "../.."

  # Your choices, at their defaults:
  # role_name            = "example-costs-a-company"
  # path                 = "/"
  # permissions_boundary = null
  # tags                 = {}
}

output "role_arn" {
  description = "Give this ARN to the vendor."
  value       = module.vendor_role.role_arn
}
