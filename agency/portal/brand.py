"""An agency's one colour, made readable: lightness moves until its text reaches 4.6:1 on plain and on soft ground.

Both themes are looked at.

Contrast after WCAG 2.2, "contrast ratio" and "relative luminance".
"""

from __future__ import annotations

import colorsys
import re

from agency.domain.errors import NotFound

_HEX = re.compile(r"#[0-9a-f]{6}")
_WANTED = 4.6
_SOFT = 0.13
_LIGHT_GROUND = (245, 246, 248)  # the darkest ground of text
_DARK_GROUND = (27, 30, 36)  # the lightest of them: what floats

Rgb = tuple[int, int, int]


def brand_sheet(colour: str, where: str = ":root") -> str:
    """The custom properties of a brand colour ("#rrggbb") for `where`; raises NotFound for any other text."""
    if not _HEX.fullmatch(colour.lower()):
        raise NotFound("Colour")
    base = _rgb(colour)
    on_light = _moved(base, _LIGHT_GROUND, -0.01)
    on_dark = _moved(base, _DARK_GROUND, 0.01)
    soft = f"color-mix(in oklab, light-dark({_hex(on_light)}, {_hex(on_dark)}) 11%, var(--surface))"
    fill_ink = "light-dark(#ffffff, #14161a)"
    return (
        f"@layer tokens {{ {where} {{ "
        f"--brand: light-dark({_hex(on_light)}, {_hex(on_dark)}); --brand-ink: {fill_ink}; "
        f"--brand-text: light-dark({_hex(on_light)}, {_hex(on_dark)}); --brand-soft: {soft}; "
        "} }\n"
    )


def contrast(first: Rgb, second: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _moved(colour: Rgb, ground: Rgb, step: float) -> Rgb:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    while min(contrast(colour, ground), contrast(colour, _softened(colour, ground))) < _WANTED:
        lightness = min(1.0, max(0.0, lightness + step))
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
        colour = (round(red * 255), round(green * 255), round(blue * 255))
        if lightness in (0.0, 1.0):
            break
    return colour


def _softened(colour: Rgb, ground: Rgb) -> Rgb:
    """The soft ground of the chosen link: a little more of the colour than the style sheet mixes in."""
    red, green, blue = (
        round(part * _SOFT + under * (1 - _SOFT)) for part, under in zip(colour, ground, strict=True)
    )
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
