"""Shopfleet: run many clients' TikTok Shops from one desk.

Left side: our database (models, services, api, portal). Right side: the outside world (integrations).
`domain` holds the words that both speak. A worker is the only place where both sides meet.
This package root exports nothing: `extensions` is the floor, `app` is the roof.
"""
