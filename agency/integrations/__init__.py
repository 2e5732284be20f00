"""The right side of the house: everything that talks to the outside.

Belongs here: HTTP, signatures, vendor wire formats and their translation into the words of `agency.domain`.
Does not belong here: rows, transactions, decisions, the shop clock. May import `agency.domain`, httpx and the
standard library; never models, services, Flask, SQLAlchemy, RQ or another adapter.
"""
