"""Field encryption with AES-256-GCM, and the port for its master key."""
