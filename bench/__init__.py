"""Measures Shopfleet against the plainest code that does the same, in one run, as ratios.

Belongs here: the world to measure in, the plain counterparts, the rounds, the printed table.
Does not belong here: promises (those are tests) and absolute figures without a counterpart.
May import everything; nothing imports it.
"""
