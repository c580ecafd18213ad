"""The hub's versioned REST interface: routes, wire shapes, problem documents."""
