"""Training a SAM, of any `SamConfig`, on photos with label maps."""
