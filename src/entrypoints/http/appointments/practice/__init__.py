"""The practice's side of appointments."""
