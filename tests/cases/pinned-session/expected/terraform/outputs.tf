output "role_arn" {
  description = "Give this ARN to the vendor."
  value       = aws_iam_role.role.arn

  # The role is of use only once its policies are attached.
  depends_on = [
    aws_iam_role_policy_attachment.access,
  ]
}

output "role_name" {
  description = "Name of the role."
  value       = aws_iam_role.role.name
}

output "external_id" {
  description = "The external ID that the vendor sends; not a secret."
  value       = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
}

output "tenant" {
  description = "The tenant this role is for."
  value       = "a-company"
}

output "vendor" {
  description = "The vendor who may enter."
  value       = "example"
}

output "vendor_account" {
  description = "The vendor's AWS account, the only one that may enter."
  value       = "111122223333"
}

output "template_version" {
  description = "Version of deputize's template set."
  value       = "1"
}
