"""Values of CSS that move text off the page, cut it away or scale it to nothing."""

from __future__ import annotations

import math

from pipeline.markdown.hidden.lengths import to_numbers, to_px

_OFF_LEFT_PX, _OFF_RIGHT_PX = -500.0, 5_000.0  # where no window reaches
_PERCENT_PX = 1.0  # of an offset: -100% is common in layouts and animations
_SMALLEST_SCALE = 0.1
_PILED_UP_PX = -12.0  # between letters, which then lie on each other
_DEGREES = {"turn": 360.0, "grad": 0.9, "rad": 180 / math.pi}  # in this order: grad ends with rad
# Of a matrix, which numbers are its scale across, down, and how far it moves.
_MATRICES = {6: (0, 1, 2, 3, 4, 5), 16: (0, 1, 4, 5, 12, 13)}


def is_off_page(value: str) -> bool:
    """Return whether an offset, a margin or an indent is too large for any window."""
    pxs = (to_px(part, percent=_PERCENT_PX) for part in value.split(" "))
    return any(px is not None and not _OFF_LEFT_PX < px < _OFF_RIGHT_PX for px in pxs)


def is_piled_up(value: str) -> bool:
    """Return whether letters are so close that they lie on each other."""
    px = to_px(value)
    return px is not None and px <= _PILED_UP_PX


def is_scaled_away(value: str) -> bool:
    """Read `scale` or `zoom`."""
    numbers = [number / (100 if "%" in value else 1) for number in to_numbers(value)]
    return any(abs(number) < _SMALLEST_SCALE for number in numbers)


def is_transformed_away(value: str) -> bool:
    """Read `transform`: one of its functions is enough."""
    functions = (function.partition("(") for function in value.split(")"))
    return any(_does_hide(name.strip(), arguments) for name, _, arguments in functions)


def _does_hide(name: str, arguments: str) -> bool:
    numbers = to_numbers(arguments)
    if name.startswith("scale"):
        return is_scaled_away(arguments)
    if name.startswith("translate"):
        return is_off_page(arguments.replace(",", " "))
    if name in ("rotatex", "rotatey") and numbers:
        return _is_seen_from_the_side(0, numbers[0], arguments)
    if name == "rotate3d" and len(numbers) == 4:
        return _is_turned_around_axis(numbers, arguments)
    if name.startswith("matrix") and len(numbers) in _MATRICES:
        a, b, c, d, x, y = (numbers[place] for place in _MATRICES[len(numbers)])
        return abs(a * d - b * c) < _SMALLEST_SCALE**2 or is_off_page(f"{x}px {y}px")
    return False


def is_turned_away(value: str) -> bool:
    """Read `rotate`: an axis, by its letter or as a vector, and an angle."""
    numbers = to_numbers(value)
    if len(numbers) == 4:
        return _is_turned_around_axis(numbers, value)
    is_plain = not value.startswith(("x ", "y "))
    return len(numbers) == 1 and not is_plain and _is_seen_from_the_side(0, numbers[0], value)


def _is_turned_around_axis(numbers: list[float], value: str) -> bool:
    *axis, angle = numbers
    length = math.hypot(*axis)
    return length > 0 and _is_seen_from_the_side(axis[2] / length, angle, value)


def _is_seen_from_the_side(z: float, angle: float, value: str) -> bool:
    """Return whether a turn leaves next to nothing of an area; `z` is of the axis's unit vector."""
    unit = next((_DEGREES[unit] for unit in _DEGREES if unit in value), 1.0)
    cosine = math.cos(math.radians(angle * unit))
    return abs(cosine + z * z * (1 - cosine)) < _SMALLEST_SCALE


def is_clipped_away(value: str) -> bool:
    """Read `clip`: `rect(top, right, bottom, left)`."""
    return value.startswith("rect(") and _is_rectangle_empty(value)


def is_path_empty(value: str) -> bool:
    """Read `clip-path`: whether the shape leaves at most a pixel."""
    name, _, arguments = value.partition("(")
    numbers = to_numbers(arguments)
    match name:
        case "inset":
            return "%" in arguments and _is_inset_empty(numbers)
        case "circle" | "ellipse":
            return bool(numbers) and numbers[0] <= 0
        case "rect":
            return _is_rectangle_empty(value)
        case "xywh":
            return len(numbers) >= 4 and min(numbers[2:4]) <= 1
        case "polygon":
            return bool(numbers) and _to_area(numbers) == 0
        case _:
            return False


def _is_rectangle_empty(value: str) -> bool:
    numbers = to_numbers(value)
    if "auto" in value or len(numbers) != 4:
        return False
    top, right, bottom, left = numbers
    return bottom - top <= 1 or right - left <= 1


def _is_inset_empty(percents: list[float]) -> bool:
    """Return whether opposite sides meet; the sides are written as those of a margin."""
    if not 1 <= len(percents) <= 4:
        return bool(percents) and max(percents) >= 50
    top, right, bottom, left = (
        (percents * 4)[:4] if len(percents) != 3 else (*percents, percents[1])
    )
    return top + bottom >= 100 or right + left >= 100


def _to_area(numbers: list[float]) -> float:
    """Return the area of a polygon, from its corners' places in turn."""
    corners = list(zip(numbers[::2], numbers[1::2], strict=False))
    sides = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(x * v - u * y for (x, y), (u, v) in sides)) / 2
