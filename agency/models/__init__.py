"""Tables, one noun per file: columns, keys, constraints; no verbs.

Belongs here: what the database must refuse. Does not belong here: rules (domain) and use cases (services).
May import domain, extensions and SQLAlchemy. Every tenant table gets its keys from `tenancy`.
"""
