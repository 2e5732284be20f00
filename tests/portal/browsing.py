"""A person in front of the portal without a real browser: cookie, form token, redirects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.desk import PASSWORD, Desk

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_SECONDS = re.compile(r"\d+ s(?= ago)")
OURS = {"Sec-Fetch-Site": "same-origin"}


def without_token(page: str) -> str:
    """The page as it can be compared with another: form tokens and the seconds of ages differ in every answer."""
    return _SECONDS.sub("", _TOKEN.sub("", page))


@dataclass
class Visitor:
    """One signed-in browser."""

    web: FlaskClient

    def get(self, path: str) -> TestResponse:
        """Opens a page."""
        return self.web.get(path)

    def page(self, path: str) -> str:
        """The text of a page that must open."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def send(self, path: str, follow: bool = True, **fields: Any) -> TestResponse:
        """Sends a form with the session's token."""
        found = _TOKEN.search(self.web.get("/", follow_redirects=True).text)
        assert found is not None
        data = {"form_token": found.group(1), **fields}
        return self.web.post(path, data=data, headers=OURS, follow_redirects=follow)


def visit(desk: Desk, person: str) -> Visitor:
    """Signs a person in through the form."""
    web = desk.app.test_client()
    answer = web.post("/login", data={"email": f"{person}@example.test", "password": PASSWORD}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return Visitor(web)
