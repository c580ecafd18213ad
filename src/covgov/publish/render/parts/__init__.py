"""What several renderers show: reasons, lists of lines, links, and text that does nothing."""
