"""Settings of a practice: one value for each feature, with defaults, replaced as a whole."""

from typing import Generic, Protocol, TypeVar

from attrs import AttrsInstance, fields, frozen

from portal_core.kernel.audit import AuditEntry

S = TypeVar("S")
A = TypeVar("A", bound=AttrsInstance)


@frozen
class Versioned(Generic[S]):
    """Settings and the version they have. Version 0 means that nothing was ever saved: these are the defaults."""

    value: S
    version: int = 0


class SettingsStore(Protocol[S]):
    """The practice's settings of one kind."""

    async def get(self) -> Versioned[S]:
        """The stored settings, or the defaults at version 0."""
        ...

    async def save(self, value: S, version: int | None, audit_entry: AuditEntry) -> int:
        """Replace the settings and return the new version. Without `version` they replace whatever is stored.

        Raises:
            StaleVersion: `version` is not the stored one.
        """
        ...


async def replace_settings(store: SettingsStore[A], value: A, version: int | None, action: str) -> Versioned[A]:
    """Save `value` with an audit entry `action` that names the changed fields, never their values.

    Raises:
        StaleVersion: `version` is given and is not the stored one.
    """
    before = (await store.get()).value
    names = (field.name for field in fields(type(value)))
    changed = " ".join(name for name in names if getattr(before, name) != getattr(value, name))
    return Versioned(value, await store.save(value, version, AuditEntry(action, facts={"fields": changed})))
