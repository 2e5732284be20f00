"""Set-up: from an empty agency to the first processed order, as a list that the database ticks off."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.services.mappings import NewMapping, map_sku
from agency.services.practice import SimulatorDoor, open_practice
from agency.services.practice_view import PracticeView, find_practice
from agency.services.setup import STEPS, SetupFacts, read_setup
from agency.web import current_caller, current_scope, db_session, ground, route, system_session

PRACTICE = "practice"
_TITLES = {
    "workspace": said("Name your workspace"),
    "secure": said("Secure your account"),
    PRACTICE: said("Try it with a practice shop"),
    "client": said("Add your first client"),
    "shop": said("Connect a TikTok Shop"),
    "supplier": said("Add a supplier and record the client's consent"),
    "mapping": said("Map products to suppliers"),
    "limits": said("Look at the safety limits"),
    "order": said("See the first order go through"),
    "invite": said("Invite your client"),
}


@dataclass(frozen=True)
class SetupStep:
    """One line of the list; one at most is `open`."""

    key: str
    title: str
    done: bool
    open: bool


@route(portal, "/setup", permission="owner")
def setup() -> ResponseReturnValue:
    """The list with its next step open; `step` in the address opens another one."""
    facts = read_setup(current_caller(), db_session(), system_session())
    practice = find_practice(current_scope(), db_session())
    steps = _steps(facts, practice, request.args.get("step", ""))
    return staff_page(
        "setup.html",
        facts=facts,
        practice=practice,
        steps=steps,
        simulated=ground().settings.simulator,
        steps_done=sum(step.done for step in steps),
    )


@route(portal, "/setup/practice", permission="owner", methods=["POST"])
def ask_practice() -> ResponseReturnValue:
    """Asks for a practice shop. Raises NotFound where no simulator runs, since nobody would bring it to life."""
    settings = ground().settings
    if not settings.simulator:
        raise NotFound("Page")
    door = SimulatorDoor(settings.tiktok_api_url, settings.outbound_allow)
    open_practice(current_scope(), db_session(), ground().keyring, door, reader().now)
    return redirect(url_for("portal.setup", done="practice", step=PRACTICE), 303)


@route(portal, "/setup/map", permission="owner", methods=["POST"])
def map_practice() -> ResponseReturnValue:
    """Maps the practice order's sku to what the person chose, as the mapping page does."""
    asked = request.form
    new = NewMapping(asked.get("shop_id", ""), asked.get("sku_id", ""), asked.get("supplier_item_id", ""))
    map_sku(current_scope(), db_session(), new, reader().now)
    return redirect(url_for("portal.setup", done="practice_mapped", step=PRACTICE), 303)


def _steps(facts: SetupFacts, practice: PracticeView | None, wanted: str) -> list[SetupStep]:
    done = {step: facts.is_done(step) for step in STEPS}
    if ground().settings.simulator or practice:
        # Who has a real order through has nothing left to practise.
        practised = facts.order_done or (practice is not None and practice.done)
        done = _after(done, "secure", PRACTICE, practised)
    if done.get(wanted, True):
        wanted = next((step for step, fine in done.items() if not fine), "")
    return [SetupStep(step, _TITLES[step], fine, step == wanted) for step, fine in done.items()]


def _after(done: dict[str, bool], place: str, step: str, fine: bool) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for known, value in done.items():
        found[known] = value
        if known == place:
            found[step] = fine
    return found
