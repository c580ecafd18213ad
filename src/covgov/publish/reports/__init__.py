"""A snapshot in the formats of others, for tools that read those. One file per format."""
