"""How fast the portal is beside what it stands on: `python -m bench`, explained in `docs/explanation/benchmarks.md`."""
