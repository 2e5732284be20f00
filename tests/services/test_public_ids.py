"""A public id that is no id at all is "not found" in every service that takes one, never a failure of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.scope import Scope
from agency.services import (
    carriers,
    catalog,
    clients,
    connecting,
    corrections,
    handwork,
    mappings,
    shop_rules,
    shops,
    switches,
)
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk, open_desk

Service = Callable[[Scope, Session, str], object]
_KEYS = Keyring(MASTER_KEY)
_LIMITS = clients.ClientLimits(1, 1, 1)
_RULES = shop_rules.ShopRules("tiktok", 0, False)
SERVICES: dict[str, Service] = {
    "pause_shop": shops.pause_shop,
    "resume_shop": shops.resume_shop,
    "request_connection": connecting.request_connection,
    "stop_buying": lambda scope, session, wrong: switches.stop_buying(scope, session, "client", wrong),
    "set_client_limits": lambda *given: clients.set_client_limits(*given, _LIMITS, NOW),
    "set_shop_rules": lambda *given: shop_rules.set_shop_rules(*given, _RULES, NOW),
    "choose_carrier": lambda *given: carriers.choose_carrier(*given, "Zippy", "UPS", NOW),
    "forget_carrier": lambda *given: carriers.forget_carrier(*given, "Zippy"),
    "list_choices": carriers.list_choices,
    "replace_credentials": lambda scope, session, wrong: catalog.replace_credentials(
        scope, session, _KEYS, wrong, {"api_key": "fake-key"}, NOW
    ),
    "unmap_sku": lambda *given: mappings.unmap_sku(*given, "fake-sku-1", 1),
    "request_correction": lambda *given: corrections.request_correction(*given, "UPS", "FAKE1", NOW),
    "claim_purchase": lambda *given: handwork.claim_purchase(*given, NOW),
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.mark.parametrize("wrong", ["fake", "", "5f2c1d4e-0000-4000-8000-000000000000"])
@pytest.mark.parametrize("name", SERVICES)
def test_a_text_that_is_no_id_reads_like_an_unknown_id(desk: Desk, name: str, wrong: str) -> None:
    with desk.session() as session, pytest.raises(NotFound):
        SERVICES[name](desk.ours.scope(), session, wrong)
