"""`deputize inspect`: whether a bundle is what its vendor made, and what is deployed the bundle."""
