"""The HTTP API: Litestar decodes, authenticates and answers; the core decides."""
