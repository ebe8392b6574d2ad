"""`deputize assume` and `deputize.session`: what the vendor does with a role from then on."""
