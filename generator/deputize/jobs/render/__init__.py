"""`deputize render`: bundles for one tenant or for many."""
