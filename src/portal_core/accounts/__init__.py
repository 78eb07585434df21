"""Accounts: signing in, sessions, second factors, invitations, changes of email."""
