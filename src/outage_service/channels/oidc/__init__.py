"""Signing in by the operators' own identity provider (OpenID Connect); the extra `oidc`."""
