"""AES-256-GCM over fields, and the keys that it takes."""
