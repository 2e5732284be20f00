"""Telling people: mails by SMTP, or into a local folder while no server is configured.

Belongs here: how a mail looks on the wire and how it is handed over.
Does not belong here: what it says, when it is due.
May import domain and the standard library.
"""
