"""Staff endpoints of appointments."""
