"""Tables as dictionaries, transactions, and what row-level security decides."""
