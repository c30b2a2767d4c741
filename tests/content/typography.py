"""What Canadian French typography asks of a text: a list of what is wrong."""

import re

_FAULTS = {
    "no no-break space before a colon": re.compile(r"[^\u00a0\d]:(?!//|\d)"),
    "no no-break space after «": re.compile("«(?!\u00a0)"),
    "no no-break space before »": re.compile("(?<!\u00a0)»"),
    "a space before ; ! or ?": re.compile(r"\s[;!?]"),
    "a breaking space before h": re.compile(r"\d h\b"),
    "a breaking space after h": re.compile(r"\d\sh \d"),
    "no space before h": re.compile(r"\dh\b"),
    "a breaking space before $ or %": re.compile(r"\d ?[$%]"),
    "a breaking space within a number": re.compile(r"\b\d{1,3} \d{3}\b"),
    "a straight apostrophe": re.compile("'"),
    "straight quotation marks": re.compile('"'),
}


def faults(text: str) -> list[str]:
    """Returns each fault of a French text with the place where it is."""
    return [
        f"{fault}: …{text[max(0, found.start() - 15) : found.end() + 15]}…"
        for fault, pattern in _FAULTS.items()
        for found in pattern.finditer(text)
    ]
