"""The labels that sealed values are bound to. A label that changes leaves every stored value unreadable."""

from uuid import UUID

import pytest

from adapters.memory.engine.sealing import SEALED
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.engine.columns import associated_data
from adapters.postgres.engine.metadata import metadata

ROW = UUID(int=7)
CLIENTS = {
    table.name: {column.name for column in table.c if column.info.get("sealed")}
    for table in metadata.tables.values()
    if table.info["row_scope"] == "client" and table.name != "client_keys"
}
"""What a client's key seals, by table."""


def test_every_sealed_column_keeps_its_label() -> None:
    columns = [column for table in metadata.tables.values() for column in table.c if column.info.get("sealed")]
    kept = {associated_data(column, ROW).removesuffix(f"/{ROW}") for column in columns}
    assert kept >= {
        "answers.body",
        "appointment_requests.answer",
        "appointment_requests.reason",
        "attendances.reason",
        "challenges.state",
        "check_ins.callback",
        "check_ins.location",
        "client_keys.wrapped",
        "clients.address",
        "email_changes.code_hash",
        "enquiries.asked",
        "idempotent_responses.digest",
        "identities.record",
        "invitations.code_hash",
        "safe_email_verifications.code_hash",
        "second_factors.pending",
        "second_factors.recovery_hashes",
    }


def test_composite_row_key_is_joined() -> None:
    record = metadata.tables["portal.identities"].c.record
    assert associated_data(record, ROW, "portal") == f"identities.record/{ROW}/portal"


def test_plain_column_has_no_label() -> None:
    with pytest.raises(ValueError, match="clients"):
        associated_data(metadata.tables["portal.clients"].c.given_name, ROW)


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_memory_adapter_seals_with_client_key(name: str) -> None:
    assert set(SEALED.get(name, ())) == CLIENTS[name]


def test_memory_adapter_seals_no_other_fields() -> None:
    assert MemoryUnitOfWork, "the repositories of all features, which say what of theirs is sealed"
    assert set(SEALED) <= set(CLIENTS)
