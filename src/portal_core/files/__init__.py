"""Files: what clients and staff upload, and what the practice shares. Other features refer to a file by its id."""
