"""ClamAV's daemon, clamd."""
