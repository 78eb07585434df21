"""Benchmarks relative to the database and the framework: `python -m bench`; see `docs/explanation/benchmarks.md`."""
