"""What the rules about a trust policy share: who can assume the role, and which element allows it."""
