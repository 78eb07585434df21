"""The tables. Importing this package loads every feature's, so that `metadata` is whole."""
