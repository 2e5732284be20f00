"""Style sheet, scripts, font and icons: read once, served under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.brand import brand_sheet
from agency.services.brands import get_logo
from agency.web import route, system_session

_FOLDER = Path(__file__).parent / "static"
BUILT = Path(__file__).parent / "built"  # from the packages of package-lock.json, by scripts/build_assets.py
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "woff2": "font/woff2"}
_SQUEEZED = ("css", "js", "svg")  # a font is compressed in itself
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it goes to the browser, plain and compressed (empty: not); `version` begins its SHA-256."""

    body: bytes
    squeezed: bytes
    kind: str
    version: str


@cache
def _assets() -> dict[str, Asset]:
    """All assets by name; `app.css` is the parts of `static/css` one after the other, since their layers order them."""
    files = [path for folder in (_FOLDER, BUILT) for path in sorted(folder.glob("[!.]*.*"))]
    bodies = {path.name: path.read_bytes() for path in files}
    sheet = b"\n".join(path.read_bytes() for path in sorted((_FOLDER / "css").glob("*.css")))
    font = f"inter.woff2?v={_version(bodies['inter.woff2'])}".encode()
    bodies["app.css"] = sheet.replace(b"inter.woff2", font)
    return {name: _asset(name.rpartition(".")[2], body) for name, body in bodies.items()}


def _asset(ending: str, body: bytes) -> Asset:
    squeezed = gzip.compress(body, mtime=0) if ending in _SQUEEZED else b""
    return Asset(body, squeezed, _KINDS[ending], _version(body))


def _version(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


def require_built() -> None:
    """Raises ValueError when the assets that set-up builds are not there."""
    if not (BUILT / "icons.svg").is_file():
        raise ValueError(
            "The portal's assets are not built yet. Run scripts/ensure_assets.sh once, then start again."
        )


def asset_url(name: str) -> str:
    """The address of an asset, with its version."""
    return url_for("portal.show_asset", name=name, v=_assets()[name].version)


@route(portal, "/assets/<name>", permission="public")
def show_asset(name: str) -> ResponseReturnValue:
    """One static file."""
    asset = _assets().get(name)
    if asset is None:
        raise NotFound("File")
    if not asset.squeezed:
        return _lasting(asset.body, asset.kind)
    squeeze = request.accept_encodings.quality("gzip") > 0
    response = _lasting(asset.squeezed if squeeze else asset.body, asset.kind)
    response.headers["Vary"] = "Accept-Encoding"
    if squeeze:
        response.headers["Content-Encoding"] = "gzip"
    return response


@route(portal, "/brand/<colour>.css", permission="public")
def show_brand(colour: str) -> ResponseReturnValue:
    """The style sheet of one brand colour (six hex digits); it depends on nothing but its address."""
    return _lasting(brand_sheet(f"#{colour}").encode(), "text/css")


@route(portal, "/brand/sample/<colour>.css", permission="public")
def show_brand_sample(colour: str) -> ResponseReturnValue:
    """The same for a sample on a page whose own colours stay."""
    return _lasting(brand_sheet(f"#{colour}", ".brand-sample").encode(), "text/css")


@route(portal, "/brand/logo/<logo_hash>", permission="public")
def show_logo(logo_hash: str) -> ResponseReturnValue:
    """An agency's logo. Its address is its content, so a new logo is a new address; it was checked when it came in."""
    logo = get_logo(system_session(), logo_hash)
    return _lasting(logo.body, logo.kind)


def _lasting(body: bytes, kind: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Cache-Control"] = _FOREVER
    response.set_etag(hashlib.sha256(body).hexdigest()[:16])
    return response
