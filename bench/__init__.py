"""Benchmarks of the portal relative to its database and framework: `python -m bench`, explained in `docs/bench.md`."""
