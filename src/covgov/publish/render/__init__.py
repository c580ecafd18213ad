"""The verdict as text, Markdown, JSON and the formats of code hosts."""
