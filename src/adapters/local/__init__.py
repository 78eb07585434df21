"""The embedded defaults: everything the portal needs with no account anywhere."""
