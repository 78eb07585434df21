"""Identifiers that bills name: National Provider Identifiers, employer identification numbers and licenses."""

import re
from collections.abc import Iterable
from functools import partial

from attrs import frozen

from portal_core.kernel.contact import state_code
from portal_core.kernel.errors import Invalid, check_all
from portal_core.kernel.text import single_line_text

_EIN = re.compile(r"([0-9]{2})-?([0-9]{7})", re.ASCII)
_NPI = re.compile(r"[0-9]{10}", re.ASCII)
MAX_LICENSES = 60
"""One in every state and territory, and some to spare."""


@frozen
class License:
    """A license to practice: its number, and the state or territory that issued it."""

    state: str
    number: str

    def validated(self, path: str) -> "License":
        """Both in the form in which they are kept.

        Raises:
            Invalid: `state_invalid`, or the number is empty or too long; it names both.
        """
        checks = {
            "state": lambda: state_code(self.state, f"{path}.state"),
            "number": lambda: single_line_text(self.number, f"{path}.number", 40),
        }
        return License(**check_all(checks))


def validated_licenses(licenses: Iterable[License], path: str) -> tuple[License, ...]:
    """Each license once, in the order given. Raises as `License.validated` of all, and Invalid: `too_many`."""
    checks = {str(index): partial(one.validated, f"{path}.{index}") for index, one in enumerate(licenses)}
    found = tuple(dict.fromkeys(check_all(checks).values()))
    if len(found) > MAX_LICENSES:
        raise Invalid.at(path, "too_many", f"Must be at most {MAX_LICENSES}.")
    return found


def npi(text: str, path: str) -> str:
    """A National Provider Identifier, of a person or an organization: ten digits, the last of them a check digit.

    45 CFR 162.406(a). The check digit is that of the Luhn algorithm (ISO/IEC 7812-1) over the number with 80840 in
    front, the prefix for health applications in the United States (CMS, Requirements for NPI and NPI Check Digit).

    Raises:
        Invalid: `npi_invalid`.
    """
    number = text.strip()
    if not _NPI.fullmatch(number) or _luhn_sum(f"80840{number}") % 10:
        raise Invalid.at(path, "npi_invalid", "Enter the ten digits of the NPI as NPPES shows them.")
    return number


def employer_identification_number(text: str, path: str) -> str:
    """An employer identification number as `12-3456789`, from nine digits with or without the hyphen.

    26 CFR 301.7701-12. Social security numbers are not accepted: nothing here may hold one.

    Raises:
        Invalid: `tax_id_invalid`.
    """
    found = _EIN.fullmatch(text.strip())
    if not found:
        raise Invalid.at(path, "tax_id_invalid", "Enter an employer identification number (EIN), such as 12-3456789.")
    return f"{found[1]}-{found[2]}"


def _luhn_sum(digits: str) -> int:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2])) + sum(two - 9 if two > 9 else two for two in doubled)
