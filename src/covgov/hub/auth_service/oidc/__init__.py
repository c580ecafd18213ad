"""Tokens of CI jobs: OpenID Connect."""
