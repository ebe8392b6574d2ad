"""`deputize tenants`: the registry of tenants, and the checks that go with it."""
