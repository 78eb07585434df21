"""Where sealed values belong. These names are sealed into every row that is kept: one that changes opens nothing."""

from uuid import UUID

import pytest

from adapters.memory import unit_of_work as memory  # imports every feature's repositories
from adapters.memory.sealing import SEALED
from adapters.postgres.tables import metadata
from adapters.postgres.tables.base import place

ROW = UUID(int=7)


def test_every_sealed_column_keeps_its_name() -> None:
    columns = [column for table in metadata.tables.values() for column in table.c if column.info.get("sealed")]
    kept = {place(column, ROW).removesuffix(f"/{ROW}") for column in columns}
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
        "enquiries.asked",
        "identities.record",
        "second_factors.pending",
    }


def test_a_row_may_have_a_key_of_parts() -> None:
    record = metadata.tables["portal.identities"].c.record
    assert place(record, ROW, "portal") == f"identities.record/{ROW}/portal"


def test_nothing_is_sealed_into_a_column_of_plain_values() -> None:
    with pytest.raises(ValueError, match="clients"):
        place(metadata.tables["portal.clients"].c.given_name, ROW)


def test_what_a_clients_key_seals_goes_with_it_in_memory_too() -> None:
    sealed = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.c
        if table.info["reach"] == "client" and column.info.get("sealed") and table.name != "client_keys"
    }
    assert memory.MemoryUnitOfWork
    assert {(table, name) for table, names in SEALED.items() for name in names} == sealed
