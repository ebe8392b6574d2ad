# Your choices: each has a working default. Vendor account, external ID and partition are fixed by the vendor.

variable "role_name" {
  description = "Name of the role that the vendor will assume; unique in this account."
  type        = string
  default     = "example-a-company"
  nullable    = false

  validation {
    condition     = length(var.role_name) <= 64 && can(regex("^[\\w+=,.@-]+$", var.role_name))
    error_message = "Use 1 to 64 letters, digits and _+=,.@-."
  }
}

variable "path" {
  description = "IAM path of the role and its policies, / or /name/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = length(var.path) <= 512 && can(regex("^/([A-Za-z0-9.,+@=_-]+/)*$", var.path))
    error_message = "Use / or /name/ with letters, digits and .,+@=_-."
  }
}

variable "permissions_boundary" {
  description = "ARN of the managed policy that bounds every role in this account, if your organisation asks for one."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws:iam::(\\d{12}|aws):policy/[\\w+=,.@/-]+$", var.permissions_boundary))
    error_message = "Give the ARN of a managed policy, or null."
  }
}

variable "tags" {
  description = "Tags to add to the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
