"""Each feature's judge of its section of a practice's settings: unknown names and wrong kinds are refused.

Appointments' rules have a use case of their own. Durations are seconds.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from adapters.codec import converter
from adapters.oidc.issuers import OIDC_SECTION, check_oidc_settings
from portal_core.accounts.ports import AccountRules
from portal_core.kernel.errors import FieldError, Invalid

_strict = converter.copy()


def _strict_type_hook(*kinds: type) -> Callable[[Any, Any], Any]:
    """Takes values of these kinds as they are. A bool is no number here, whatever Python says."""

    def take(value: Any, _: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError
        return value

    return take


for _kind in (bool, int, str):
    _strict.register_structure_hook(_kind, _strict_type_hook(_kind))
_number = _strict_type_hook(int, float)
_strict.register_structure_hook(timedelta, lambda value, _: timedelta(seconds=_number(value, _)))


def _check(kind: type[Any], *, without: tuple[str, ...] = ()) -> Callable[[Mapping[str, object]], Mapping[str, object]]:
    """A judge by a class of the core: only its fields but `without`, each of its own kind."""
    structure = make_dict_structure_fn(kind, _strict, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True)
    allowed = {field.name for field in attrs.fields(kind)} - set(without)

    def check(values: Mapping[str, object]) -> Mapping[str, object]:
        unknown = sorted(set(values) - allowed)
        if unknown:
            raise Invalid(*(FieldError(f"values.{name}", "unknown", "There is no such setting.") for name in unknown))
        try:
            rules = structure(values, kind)
        except cattrs.BaseValidationError as error:
            raise Invalid(*_field_errors(error)) from None
        except (ValueError, TypeError, OverflowError):
            raise Invalid.at("values", "invalid", "These settings cannot be used.") from None
        kept: dict[str, object] = _strict.unstructure(rules)
        return {name: kept[name] for name in values}

    return check


def _field_errors(error: cattrs.BaseValidationError) -> list[FieldError]:
    if not isinstance(error, cattrs.ClassValidationError):
        return [FieldError("values", "invalid", "These settings cannot be used.")]
    of_fields, of_all = error.group_exceptions()
    found = [
        FieldError(f"values.{note.name}", "invalid", "This is not the right kind of value.") for _, note in of_fields
    ]
    for one in of_all:
        fields = one.fields if isinstance(one, Invalid) else ()
        found += [FieldError(f"values.{field.path}", field.code, field.message) for field in fields]
    return found or [FieldError("values", "invalid", "These settings cannot be used.")]


def _check_branding(values: Mapping[str, object]) -> Mapping[str, object]:
    """How the practice writes: see `PracticeBranding`."""
    wrong = [
        FieldError(f"values.{name}", "invalid", "A short text.")
        for name, value in values.items()
        if name not in ("neutral_name", "portal_url") or not isinstance(value, str) or len(value) > 200
    ]
    url = values.get("portal_url")
    if isinstance(url, str) and url and not url.startswith("https://"):
        wrong.append(FieldError("values.portal_url", "invalid", "It begins with https://."))
    if wrong:
        raise Invalid(*wrong)
    return values


SECTION_VALIDATORS: dict[str, Callable[[Mapping[str, object]], Mapping[str, object]]] = {
    "accounts": _check(AccountRules, without=("practice_name", "time_zone")),
    "notifications": _check_branding,
    OIDC_SECTION: check_oidc_settings,
    "oidc": check_oidc_settings,
}
