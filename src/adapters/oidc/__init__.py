"""The EHR as an OpenID Connect issuer."""
