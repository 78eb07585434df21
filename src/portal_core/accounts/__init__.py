"""Accounts: sign-in, sessions, second factors, invitations and email changes."""
