"""`deputize verify`: whether the right external ID gets in, and no wrong or missing one."""
