"""Logs and metrics for operators. Neither holds data about clients."""
