"""Appointments in memory."""
