"""Use cases: scope first, then the session; they read and write rows and never commit, never call out.

Belongs here: what happens when a person clicks or a worker records. Does not belong here: HTTP of any kind, RQ, vendor
words. May import models, domain, lanes and SQLAlchemy.
"""
