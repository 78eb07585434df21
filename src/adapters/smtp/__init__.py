"""Mail through an SMTP relay."""
