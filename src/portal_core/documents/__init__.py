"""Documents: what the practice shares with a client, and what clients send to the practice."""
