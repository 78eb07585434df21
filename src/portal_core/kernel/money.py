"""Money: whole minor units and a currency, never a float."""

from attrs import field, frozen, validators


@frozen
class Money:
    """`amount` in minor units (cents) of `currency` (ISO 4217, upper case)."""

    amount: int = field(validator=validators.instance_of(int))
    currency: str = field(default="USD", validator=validators.matches_re(r"[A-Z]{3}"))
