"""Shapes of the JSON door in marshmallow: what comes in is checked by them, what goes out is described by them.

Belongs here: fields, ranges, messages. Does not belong here: look-ups and rules.
"""
