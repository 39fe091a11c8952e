"""A plot of bars, as the text of an SVG file."""

WIDTH, LABELS, BAR, GAP = 760, 110, 16, 14
COLOURS = {"map": "#33658a", "unmap": "#86bbd8"}


def svg(maps: dict, unmaps: dict) -> str:
    """Two bars a contender, as long as their seconds."""
    longest = max([*maps.values(), *unmaps.values(), 0.001])
    scale = (WIDTH - LABELS - 70) / longest
    lines, top = [], 30
    for name in sorted(maps, key=maps.get):
        lines.append(label(LABELS - 8, top + BAR + 4, name, "end"))
        for what, values in (("map", maps), ("unmap", unmaps)):
            if name in values:
                lines += bar(top, values[name], values[name] * scale, COLOURS[what])
            top += BAR
        top += GAP
    legend = [
        f'<rect x="{LABELS + 90 * number}" y="8" width="10" height="10" fill="{colour}"/>'
        + label(LABELS + 90 * number + 15, 17, f"{what}, s")
        for number, (what, colour) in enumerate(COLOURS.items())
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *legend, *lines, "</svg>"]) + "\n"


def bar(top: int, seconds: float, width: float, colour: str) -> list:
    return [
        f'<rect x="{LABELS}" y="{top}" width="{width:.1f}" height="{BAR - 2}" fill="{colour}"/>',
        label(LABELS + width + 5, top + BAR - 4, f"{seconds:.2f}"),
    ]


def label(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{text}</text>'
