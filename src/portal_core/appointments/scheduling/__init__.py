"""The pure part: when a clinician is free, computed from values alone."""
