"""Tests state behaviour; each folder mirrors a layer of the code."""
