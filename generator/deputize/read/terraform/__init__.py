"""Terraform modules -> roles and policies."""
