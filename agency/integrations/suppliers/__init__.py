"""Suppliers behind one port: a folder per kind, one line each in `registry`.

Belongs here: how a supplier is asked, told and paid. Does not belong here: which supplier is chosen and
whether we may buy. An adapter may import `agency.domain` and the ground of `agency.integrations`, never
another adapter.
"""
