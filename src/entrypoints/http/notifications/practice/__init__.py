"""The practice's side of notifications."""
