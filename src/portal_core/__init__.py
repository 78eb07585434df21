"""The client portal's product: use cases and ports. attrs and the standard library only."""
