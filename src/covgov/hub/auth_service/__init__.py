"""Who may do what: permissions, tokens, OIDC."""
