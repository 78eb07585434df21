"""Staff sign-in with the EHR as an OpenID Connect issuer."""
