"""Accounts: who may sign in, and whose record each account may see."""
