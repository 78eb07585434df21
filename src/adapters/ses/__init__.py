"""Mail through Amazon SES (API version 2)."""
