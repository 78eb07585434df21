"""Code shared by three or more features, and nothing else."""
