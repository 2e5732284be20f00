"""The JSON door: routes under /api/v1, webhooks in, health. Input by marshmallow, lists straight from the services.

Belongs here: HTTP in and out. Does not belong here: queries, rules, anything a page needs too (that is `web`).
May import services, domain and web; webhooks alone may import the signature check and parser of the TikTok adapter.
"""
