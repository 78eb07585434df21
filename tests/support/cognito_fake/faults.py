"""Faults that a test injects into the next call of an operation: refused, failing, silent or dropped."""

from collections import defaultdict, deque
from dataclasses import dataclass

from .shapes import error_names, operation_model

HTTP_500 = "http500"
TIMEOUT = "timeout"
DROPPED = "dropped"


@dataclass(frozen=True)
class Fault:
    """`kind` is an error name of the operation, http500, timeout (no response) or dropped (the connection closes).

    `applied` means that the operation takes effect, and only its response is lost.
    """

    kind: str
    applied: bool = False


class Faults:
    """The pending faults, by operation."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = defaultdict(deque)

    def add(self, operation: str, fault: Fault, times: int) -> None:
        """Raises ValueError for a fault that this operation cannot have, because its test would prove nothing."""
        model = operation_model(operation)
        if model is None:
            raise ValueError(f"Cognito has no operation {operation}")
        if fault.kind not in {HTTP_500, TIMEOUT, DROPPED} | error_names(model):
            raise ValueError(f"{operation} never answers {fault.kind}")
        self._waiting[operation].extend([fault] * times)

    def take(self, operation: str) -> Fault | None:
        waiting = self._waiting.get(operation)
        return waiting.popleft() if waiting else None
