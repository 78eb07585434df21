"""The memory store: tables as dictionaries, transactions, and the rules of row-level security."""
