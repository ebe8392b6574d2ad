"""`deputize diff`: what a role can do, and whom it lets in, that it could not before."""
