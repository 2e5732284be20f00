"""The only place where our database and the outside world meet.

Belongs here: the runtime of a turn, the dispatcher, and one module per word that reads rows, calls out, records rows.
Does not belong here: rules (domain), queries (services), vendor details (integrations).
May import services, integrations, domain, lanes, transaction and agency.app; never api or portal.
"""
