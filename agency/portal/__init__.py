"""The HTML door: pages for the agency's team and for its clients, rendered on the server.

Belongs here: URLs, forms, templates, the look. Does not belong here: queries, rules, amounts worked out in a template.
May import services, domain, `agency.web` and the schemas of the JSON door, so that both doors check input alike.
"""
