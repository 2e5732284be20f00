"""Spending the budgets of a request: before its view, by its view, and what follows from its end."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from collections.abc import Mapping
from functools import partial

from flask import Flask, Response, g, request

from agency.domain.errors import CannotCheck, ShopfleetError, TooMany
from agency.services.accounts import account_of
from agency.services.lockouts import list_known_addresses, tell_of_lockout
from agency.transaction import system_transaction
from agency.web.budgets import budgets
from agency.web.ground import Ground, ground
from agency.web.limits import LIMITS, Budget
from agency.web.requests import client_address, current_scope, session_token, system_session

_BY_PROOF = ("pair", "stranger", "caller")
_LOG = logging.getLogger(__name__)


def spend_limit(word: str) -> None:
    """Spends each budget of `word` for this request. Raises TooMany, and CannotCheck when Redis is needed and away."""
    g.limit = word
    for budget in LIMITS[word].budgets:
        value = _value_of(budget)
        if value:
            _spend(word, budget, value)


def spend(word: str, value: str) -> None:
    """Spends one of a budget that is counted by `value`: a shop, a person. Raises TooMany and CannotCheck."""
    for budget in LIMITS[word].budgets:
        _spend(word, budget, value)


def forgive_account(email: str) -> None:
    """Lets an account be signed in to from anywhere again: its owner has just proved to read its mail."""
    account = account_of(email)
    for budget in LIMITS["sign_in"].budgets:
        if budget.by in _BY_PROOF:
            value = f"{account} {address_prefix(client_address())}" if budget.by == "pair" else account
            budgets().clear("sign_in", budget, value)


def end_spending(app: Flask) -> None:
    """Has answers tell what is left, budgets of a proof begin anew, and owners hear of a lockout."""
    app.after_request(_end)


def address_prefix(address: str) -> str:
    """What counts as one address: IPv4 as it is, the first 64 bits of IPv6; any other text as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _spend(word: str, budget: Budget, value: str) -> None:
    seconds = budgets().take(word, budget, value)
    if not seconds:
        return
    if budget.tells_owner:
        g.lockout = _typed_account()
    raise TooMany(seconds)


def _value_of(budget: Budget) -> str:
    """Whose budget it is in this request; empty when there is nobody to count it for."""
    if budget.by == "address":
        return address_prefix(client_address()) or "unknown"
    if budget.by in ("account", "pair", "stranger"):
        return _value_of_account(budget.by)
    if budget.by == "caller":
        return hashlib.sha256(session_token().encode()).hexdigest()
    if budget.by == "agency":
        return str(current_scope().agency_id)
    raise ValueError(f"{budget.by} is known to the view only; use spend(word, value)")


def _value_of_account(by: str) -> str:
    account = _typed_account()
    here = address_prefix(client_address())
    if by == "pair" and account:
        return f"{account} {here}"
    # Asked for every account alike, so that neither time nor statements tell which of them exist.
    known = by == "stranger" and here in map(address_prefix, list_known_addresses(system_session(), account))
    return "" if known else account


def _typed_account() -> str:
    """The e-mail address that was typed into a form or sent as JSON."""
    body = request.get_json(silent=True) if request.is_json else request.form
    typed = body.get("email") if isinstance(body, Mapping) else None
    return account_of(typed) if isinstance(typed, str) else ""


def _end(response: Response) -> Response:
    word = g.pop("limit", "")
    if word and LIMITS[word].proof and response.status_code < 400:
        _begin_anew(word)
    if word == "api":
        _tell_what_is_left(response)
    account = g.pop("lockout", "")
    if account and _first_today(account):
        # After the answer has left, so that its time does not tell whether there is such an account.
        response.call_on_close(partial(_tell_owner, ground(), account, client_address()))
    return response


def _begin_anew(word: str) -> None:
    account = _typed_account()
    for budget in LIMITS[word].budgets:
        if budget.by == "stranger":
            budgets().clear(word, budget, account)
        elif budget.by in _BY_PROOF:
            budgets().clear(word, budget, _value_of(budget))


def _tell_what_is_left(response: Response) -> None:
    """RateLimit headers as in the IETF draft draft-ietf-httpapi-ratelimit-headers-07: limit, remaining, seconds."""
    budget = LIMITS["api"].budgets[0]
    left = budgets().left("api", budget, _value_of(budget))
    if left is not None:
        response.headers["RateLimit-Limit"] = str(left.amount)
        response.headers["RateLimit-Remaining"] = str(left.remaining)
        response.headers["RateLimit-Reset"] = str(left.seconds)


def _first_today(account: str) -> bool:
    try:
        return budgets().take("notice", LIMITS["notice"].budgets[0], account) == 0
    except CannotCheck:
        return False


def _tell_owner(stands_on: Ground, account: str, address: str) -> None:
    try:
        with system_transaction(stands_on.database) as session:
            tell_of_lockout(session, stands_on.keyring, account, address)
    except (ShopfleetError, OSError, RuntimeError):
        _LOG.exception("A lockout could not be told to the account's owner")
