"""What can be wrong with a role or policy: each rule is one entry with its id, why, how to mend it and its cases."""
