"""Contract of the practice's clients in booking options. Subclasses provide the fixture `world`."""

from tests.support.contracts.appointments.world import AppointmentsWorld


class ClientsContract:
    """The part of `BookingDirectory` about clients."""

    async def test_discharged_clients_are_flagged(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
        await world.set_status(ann, "discharged")
        for actor in (world.as_client(ann), world.as_proxy(ann, may_write=True), world.system):
            async with world.begin(actor) as unit:
                assert (await unit.directory.for_client(ann)).discharged
                assert (await unit.directory.clients([ann]))[ann].discharged
        async with world.begin(world.front_desk) as unit:
            assert not (await unit.directory.for_client(bob)).discharged
            assert not (await unit.directory.for_practice()).discharged
            known = await unit.directory.clients([ann, bob])
            assert {one.id: one.discharged for one in known.values()} == {ann: True, bob: False}
        await world.set_status(ann, "active")
        async with world.begin(world.as_client(ann)) as unit:
            assert not (await unit.directory.for_client(ann)).discharged

    async def test_erased_clients_are_flagged(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
        await world.destroy_key(ann)
        for actor in (world.as_client(ann), world.system):
            async with world.begin(actor) as unit:
                assert (await unit.directory.for_client(ann)).erased
                assert (await unit.directory.clients([ann]))[ann].erased
        async with world.begin(world.front_desk) as unit:
            assert not (await unit.directory.for_client(bob)).erased
            known = await unit.directory.clients([ann, bob])
            assert {one.id: one.erased for one in known.values()} == {ann: True, bob: False}

    async def test_chosen_names_and_pronouns_of_own_clients(self, world: AppointmentsWorld) -> None:
        ann = await world.add_client(given="Ann", family="Lee")
        bob = await world.add_client(given="Robert", family="Lee", chosen="Bobbie", pronouns="they/them")
        other = await world.other_practice()
        foreign = await other.add_client()
        async with world.begin(world.front_desk) as unit:
            known = await unit.directory.clients([ann, bob, foreign, world.ids.new()])
        assert {key: (one.id, one.name, one.pronouns) for key, one in known.items()} == {
            ann: (ann, "Ann Lee", None),
            bob: (bob, "Bobbie Lee", "they/them"),
        }
