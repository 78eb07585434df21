"""Whom somebody in danger can reach at once, at any hour."""

from typing import Literal

from attrs import frozen


@frozen
class CrisisLine:
    """A number to call, and `text` the one for text messages. `kind` tells an app which words to put to it."""

    kind: Literal["emergency", "suicide_and_crisis"]
    name: str
    call: str
    text: str | None = None


CRISIS_LINES = (
    CrisisLine("suicide_and_crisis", "988 Suicide & Crisis Lifeline", call="988", text="988"),
    CrisisLine("emergency", "Emergency services", call="911"),
)
"""Of the United States: 988 by 47 CFR 52.200 and, for texts, 47 CFR 52.201; 911 by 47 U.S.C. 251(e)(3)."""
