"""Benchmarks of the portal relative to its database and framework: `python -m bench`; see `docs/explanation/benchmarks.md`."""
