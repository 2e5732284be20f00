"""The HTML door, asked as a browser asks it, over a real database."""
