"""The words and rules both sides of the house speak: values in, values out.

Belongs here: states, moves, limits, clocks, money, carriers. Does not belong here: sessions, settings, HTTP, the
current time (pass `now` in). May import the standard library only.
"""
