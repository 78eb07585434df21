"""The tables. Importing this package loads every feature's, so that `metadata` is whole."""

from adapters.postgres.tables import accounts, appointments, identity, kernel, keys, notifications, people
from adapters.postgres.tables.base import metadata

__all__ = ["accounts", "appointments", "identity", "kernel", "keys", "metadata", "notifications", "people"]
