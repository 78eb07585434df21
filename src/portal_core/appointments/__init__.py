"""Appointments: clinicians' availability, and who is booked for when."""
