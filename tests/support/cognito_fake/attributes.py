"""User attributes: which ones a pool has, and who may write them."""

import re

from .errors import invalid_parameter, not_authorized, unsupported
from .records import Pool, User
from .world import Request

# The standard attributes of OpenID Connect that every pool has, and the two that record verification.
# fmt: off
_STANDARD = frozenset([
    "address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name",
    "name", "nickname", "phone_number", "phone_number_verified", "picture", "preferred_username", "profile",
    "updated_at", "website", "zoneinfo",
])
# fmt: on
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9]\d{1,14}")


def given_attributes(request: Request, *, by_administrator: bool) -> dict[str, str]:
    """The validated attributes of a request. Raises InvalidParameterException and NotAuthorizedException."""
    given = {item["Name"]: item.get("Value", "") for item in request.get("UserAttributes", [])}
    for name, value in given.items():
        if name == "sub":
            raise invalid_parameter("Cannot modify the non-mutable attribute sub")
        if name.startswith("custom:"):
            raise unsupported("custom attributes")
        if name not in _STANDARD:
            raise invalid_parameter(
                f"Attributes did not conform to the schema: Type for attribute {{{name}}} could not be determined"
            )
        if name.endswith("_verified") and not by_administrator:
            raise not_authorized("A client attempted to write unauthorized attribute")
        if name == "email" and value and not _EMAIL.fullmatch(value):
            raise invalid_parameter("Invalid email address format.")
        if name == "phone_number" and value and not _PHONE.fullmatch(value):
            raise invalid_parameter("Invalid phone number format.")
    return given


def write_attributes(pool: Pool, user: User, given: dict[str, str]) -> bool:
    """Write the attributes; whether the pool must now mail a code to a new address.

    An empty value deletes; a new address is unverified unless the same request says otherwise.
    """
    after = user.attributes | given
    for kind in ("email", "phone_number"):
        if f"{kind}_verified" in given and not after.get(kind):
            raise invalid_parameter(f"{kind} is required to set {kind}_verified")
        if kind in given and given[kind] != user.attributes.get(kind) and f"{kind}_verified" not in given:
            after[f"{kind}_verified"] = "false" if given[kind] else ""
    changed = bool(given.get("email")) and given["email"] != user.attributes.get("email")
    user.attributes = {name: value for name, value in after.items() if value}
    return changed and pool.verifies_email and user.verified_email is None
