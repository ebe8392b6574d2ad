"""`deputize lint`: bundles, files of any origin and live roles, from the targets to the report."""
