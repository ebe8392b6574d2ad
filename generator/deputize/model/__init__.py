"""What we ask for: vendor and tenant, access profiles, and the role they make; the values rooms hand each other."""
