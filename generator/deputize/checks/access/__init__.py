"""What the rules about access policies share: what a role may do, statement by statement."""
