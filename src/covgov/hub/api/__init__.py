"""The hub's versioned REST API: routes, wire types, problem documents."""
