"""Colours of a mail: one accent, made readable on white and on the dark ground."""

import colorsys
import re
from dataclasses import dataclass

INK, GREY, HAIRLINE, PAPER = "#1A1A1A", "#595959", "#D8D8D4", "#FFFFFF"
DARK_INK, DARK_GREY, DARK_HAIRLINE, DARK_PAPER = "#E8E8E8", "#A8ADB4", "#33373D", "#121418"

#: The ground of mail programs that turn a light mail dark by themselves, the lightest there is.
INVERTED_PAPER = "#1F1F1F"

READABLE = 4.5  # contrast of text, WCAG 2.2 §1.4.3
_CALM = 7.0  # on a dark ground a saturated colour glows; lighter, it does not
_STEP = 0.02
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Palette:
    """Every colour a mail's templates may name."""

    accent: str
    dark_accent: str
    ink: str = INK
    grey: str = GREY
    hairline: str = HAIRLINE
    paper: str = PAPER
    dark_ink: str = DARK_INK
    dark_grey: str = DARK_GREY
    dark_hairline: str = DARK_HAIRLINE
    dark_paper: str = DARK_PAPER


def palette(accent: str) -> Palette:
    """Derive a palette from a publication's accent; anything but `#RRGGBB` counts as ink."""
    colour = accent if _HEX.fullmatch(accent) else INK
    return Palette(
        accent=_readable_inverted(readable(colour, ground=PAPER)),
        dark_accent=readable(colour, ground=DARK_PAPER, wanted=_CALM),
    )


def readable(colour: str, *, ground: str, wanted: float = READABLE) -> str:
    """Return the colour, darker or lighter only as far as needed on that ground."""
    away = -_STEP if _luminance(ground) > 0.5 else _STEP
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    while contrast(colour, ground) < wanted and 0 <= light <= 1:
        light += away
        colour = _hex(colorsys.hls_to_rgb(hue, min(max(light, 0), 1), saturation))
    return colour


def inverted(colour: str) -> str:
    """Return a colour as such programs show it: dark and light change places, the hue stays."""
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return _hex(colorsys.hls_to_rgb(hue, 1 - light, saturation))


def _readable_inverted(colour: str) -> str:
    """Return a dark colour, darker only as far as it has to be lighter when it is inverted."""
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    while contrast(inverted(colour), INVERTED_PAPER) < READABLE and light > 0:
        light = max(light - _STEP, 0)
        colour = _hex(colorsys.hls_to_rgb(hue, light, saturation))
    return colour


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)
