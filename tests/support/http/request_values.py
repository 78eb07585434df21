"""What a request that succeeds has of its own."""

from typing import Any

from attrs import field, frozen


@frozen
class RequestValues:
    """How a request differs from the document's example with the scenario's ids."""

    path: dict[str, str] = field(factory=dict)
    query: dict[str, str] = field(factory=dict)
    body: Any = None
    token: str = ""
