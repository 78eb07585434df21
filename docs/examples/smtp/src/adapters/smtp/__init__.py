"""Mail by a server that speaks SMTP."""
