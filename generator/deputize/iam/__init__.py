"""AWS's language, knowing no vendor: partitions, ARNs, limits, policies, actions and what they read."""
