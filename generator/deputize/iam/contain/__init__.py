"""Containment of access: which requests one set of identity policies allows that another does not."""
