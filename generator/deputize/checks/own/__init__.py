"""Rules about our own bundles and tenants: unchanged, the role that was asked for, every byte ours."""
