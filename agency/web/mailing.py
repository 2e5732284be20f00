"""The desk at which a request writes mails; the mailer sends them later, a request never does."""

from __future__ import annotations

from agency.services.mails import MailDesk
from agency.web.ground import ground
from agency.web.requests import system_session


def mail_desk() -> MailDesk:
    """Queues in the request's system session, so a refused request leaves no mail behind."""
    here = ground()
    return MailDesk(system_session(), here.keyring, here.settings.link_base)
