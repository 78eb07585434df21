"""Appointments: when a clinician can be seen, and who is seen when."""
