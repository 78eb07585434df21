"""The practice's side: its own data, its clients and staff."""
