"""A real browser in front of the real application over a real database."""
