"""`deputize explain`: what a role or policy of any origin allows, in plain words."""
