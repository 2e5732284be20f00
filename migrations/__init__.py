"""Numbered migrations with one head. Only the owner login runs them; `tenant` writes policies and grants in one go."""
