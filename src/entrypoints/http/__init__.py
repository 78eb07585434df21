"""The HTTP API: decodes requests, authenticates callers and encodes responses; the core makes every decision."""
