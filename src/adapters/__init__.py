"""Implementations of the core's ports, one package for each vendor or type of store."""
