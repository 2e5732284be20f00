"""TikTok Shop's Open API: the port, its client, its mapping and its webhooks.

Belongs here: paths and versions, signing, TikTok's words and codes. Does not belong here: what we do about
them. May import `agency.domain` and `agency.integrations.{http,one_shot,port,wire}`.
"""
