"""Video visits in Jitsi Meet rooms, which require a signed token."""
