"""Controllers of the practice side: the practice, its clients and staff."""
