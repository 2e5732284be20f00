"""How often who may knock where: every limit of the doors and the reason for its number, in one table.

    route(..., limit="sign_in")  ->  each budget of that word is spent before the view runs
    spend("webhook_shop", id)    ->  a budget whose key only the view knows

A budget is one or more moving windows: "5 per minute; 10 per 15 minutes" is a delay that grows. What it is counted by:

    address   where the request came from; a network of 64 bits for IPv6, since that is what one subscriber gets
    account   the e-mail address that was typed, known to us or not
    pair      that account from that address
    stranger  that account from all addresses where nobody has signed in to it for 30 days
    caller    the session or token that calls
    agency    the caller's agency
    given     what the view passes to `spend`

Redis holds keyed hashes of these and times, nothing else. OWASP ASVS 5.0.0, 6.3.1 asks for the limits, and 6.1.1 that
nobody can lock another person out with them (docs/adr/0028-limits-that-do-not-lock-out.md).
"""

from __future__ import annotations

from dataclasses import dataclass

_GROWING = "5 per minute; 10 per 15 minutes; 20 per 3 hours"


@dataclass(frozen=True)
class Budget:
    """So often (`amount`, several windows with semicolons) per whatever `by` names.

    `tells_owner`: when it is used up, the person whose account it is gets a mail and the audit log an entry.
    """

    by: str
    amount: str
    tells_owner: bool = False


@dataclass(frozen=True)
class Limit:
    """The budgets of a word, spent in this order.

    `closed`: without Redis nothing passes (503); otherwise everything does. `proof`: a request that succeeds has shown
    who it is, so its budgets by pair, stranger and caller begin anew and only failures in a row add up.
    """

    budgets: tuple[Budget, ...]
    closed: bool = True
    proof: bool = False


LIMITS: dict[str, Limit] = {
    # 60 a minute lets a whole office begin its day behind one address. The growing delay is the OWASP Authentication
    # Cheat Sheet's exponential lockout; 100 failures in a row per account is the ceiling of NIST SP 800-63B-4, 3.2.2.
    "sign_in": Limit(
        (
            Budget("address", "60 per minute; 600 per hour"),
            Budget("pair", _GROWING, tells_owner=True),
            Budget("stranger", "100 per day", tells_owner=True),
        ),
        proof=True,
    ),
    # Each costs us a mail and its reader attention: three an hour are in the mailbox already when a fourth is refused.
    "reset": Limit(
        (Budget("address", "10 per minute; 60 per hour"), Budget("account", "3 per hour; 10 per day"))
    ),
    "sign_up": Limit(
        (Budget("address", "5 per minute; 20 per hour"), Budget("account", "3 per hour; 10 per day"))
    ),
    # A team of fifty is invited in two hours; a stolen session sends no thousands of mails.
    "invite": Limit((Budget("agency", "30 per hour; 100 per day"),)),
    # Links carry 256 random bits, so these protect the machine, not the link.
    "accept": Limit((Budget("address", "20 per minute; 120 per hour"),)),
    # Six digits with one step of tolerance: 20 tries in three hours guess one in about 17,000 (RFC 6238, 5.2).
    # The person is counted too, over all sign-ins, since a new one costs only the password (services/tries.py).
    "factor": Limit(
        (Budget("address", "60 per minute; 600 per hour"), Budget("caller", _GROWING)), proof=True
    ),
    # A client's whole office opens the month's page behind one address; the link itself carries 256 random bits.
    "month": Limit((Budget("address", "30 per minute; 300 per hour"),), closed=False),
    # Asks for the password again: who guesses here has a session already.
    "confirm": Limit((Budget("caller", _GROWING),), proof=True),
    # TikTok sends from few addresses for all shops, and in bursts after a sale. A refused notification comes again.
    "webhook": Limit((Budget("address", "12000 per minute"),), closed=False),
    # Counted after the signature was right, so that nobody else can use up a shop's budget.
    "webhook_shop": Limit((Budget("given", "3000 per minute"),), closed=False),
    # Ten calls a second without a pause; the agency's budget keeps one tenant from starving the others.
    "api": Limit((Budget("caller", "600 per minute"), Budget("agency", "3000 per minute")), closed=False),
    # A typing error or an old script, not a search: tokens carry 256 random bits.
    "wrong_token": Limit((Budget("address", "60 per minute"),), closed=False),
    # One mail a day about somebody who tries to get in, however long they try.
    "notice": Limit((Budget("account", "1 per day"),)),
}
