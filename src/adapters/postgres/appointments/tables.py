"""Tables of appointments. The calendar names no client: a client's transaction sees that time is taken, not by whom."""

from datetime import timedelta
from functools import partial

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, ExcludeConstraint

from adapters.postgres.engine.columns import (
    bigint,
    client_table,
    clock_time,
    day,
    digest,
    document,
    erase,
    flag,
    instant,
    narrow,
    number,
    practice_key,
    practice_table,
    sealed,
    string,
    uuid,
    uuids,
    version,
)
from adapters.postgres.engine.settings import settings_table

MAX_APPOINTMENT_DURATION = timedelta(days=1)
"""The maximum of `AppointmentTiming`: reads look no further back for appointments that have not ended."""


_clinician = partial(practice_key, "clinician_id", "clinicians")
_client = partial(practice_key, "client_id", "clients")
_appointment_type = partial(practice_key, "appointment_type_id", "appointment_types")
_location = partial(practice_key, "location_id", "locations")


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that satisfy the condition."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where))


locations = practice_table(
    "locations",
    uuid("id"),
    string("name"),
    string("time_zone"),
    string("address"),
    flag("active"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
)

appointment_types = practice_table(
    "appointment_types",
    uuid("id"),
    string("name"),
    document("timing"),
    number("seats"),
    flag("self_bookable"),
    Column("clients_may_open", Boolean, nullable=False, server_default=text("false")),
    flag("active"),
    string("cpt_code", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
)

availability_rules = practice_table(
    "availability_rules",
    uuid("id"),
    uuid("clinician_id"),
    number("weekday"),
    clock_time("start_time"),
    clock_time("end_time"),
    uuid("location_id", null=True),
    uuids("appointment_type_ids"),
    day("valid_from"),
    day("valid_until", null=True),
    PrimaryKeyConstraint("practice_id", "id"),
    _clinician("availability_rules_clinician_fkey"),
    _location("availability_rules_location_fkey"),
    Index(None, "practice_id", "clinician_id"),
)

availability_exceptions = practice_table(
    "availability_exceptions",
    uuid("id"),
    # None for a holiday of the whole practice.
    uuid("clinician_id", null=True),
    day("date"),
    flag("available"),
    clock_time("start_time", null=True),
    clock_time("end_time", null=True),
    uuid("location_id", null=True),
    # A holiday's, such as Thanksgiving: it is about the practice, and about no client.
    string("name", null=True),
    PrimaryKeyConstraint("practice_id", "id"),
    _clinician("availability_exceptions_clinician_fkey"),
    _location("availability_exceptions_location_fkey"),
    CheckConstraint("clinician_id IS NOT NULL OR NOT available", "holiday"),
    Index(None, "practice_id", "clinician_id", "date"),
    _index("availability_exceptions_holiday_key", "practice_id", "date", where="clinician_id IS NULL", unique=True),
)

calendar = practice_table(
    "calendar",
    uuid("id"),
    uuid("clinician_id"),
    instant("starts_at"),
    instant("ends_at"),
    bigint("buffer_before_seconds"),
    bigint("buffer_after_seconds"),
    string("purpose"),
    instant("expires_at", null=True),
    PrimaryKeyConstraint("practice_id", "id"),
    _clinician("calendar_clinician_fkey"),
    CheckConstraint("purpose IN ('appointment', 'hold', 'block')", "purpose"),
    CheckConstraint("ends_at > starts_at", "order"),
    CheckConstraint("purpose = 'block' OR ends_at - starts_at <= interval '24 hours'", "length"),
    CheckConstraint("(purpose = 'hold') = (expires_at IS NOT NULL)", "expires"),
    # Makes the final decision on conflicting bookings of a clinician's time.
    ExcludeConstraint(
        ("clinician_id", "="),
        (text("tstzrange(starts_at, ends_at)"), "&&"),
        name="calendar_one_at_a_time",
        where=text("purpose <> 'block'"),
        using="gist",
    ),
    Index(None, "practice_id", "clinician_id", "ends_at"),
    _index("calendar_blocks_idx", "practice_id", "clinician_id", "ends_at", where="purpose = 'block'"),
    _index("calendar_expires_idx", "practice_id", "clinician_id", "expires_at", where="purpose = 'hold'"),
)

appointments = practice_table(
    "appointments",
    uuid("id"),
    uuid("clinician_id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    instant("starts_at"),
    instant("ends_at"),
    string("time_zone"),
    # What the clock on the wall shows, without an offset.
    Column("local_starts_at", TIMESTAMP, nullable=False),
    uuid("calendar_entry_id", null=True),
    number("attending"),
    instant("booked_at"),
    instant("changed_at"),
    flag("shared"),
    string("status"),
    uuid("series_id", null=True),
    string("room"),
    number("sequence"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    _clinician("appointments_clinician_fkey"),
    _appointment_type("appointments_appointment_type_fkey"),
    _location("appointments_location_fkey"),
    CheckConstraint("status IN ('booked', 'completed', 'no_show', 'cancelled')", "status"),
    CheckConstraint("attending >= 0", "attending"),
    CheckConstraint("ends_at > starts_at AND ends_at - starts_at <= interval '24 hours'", "length"),
    Index(None, "practice_id", "starts_at", "id"),
    Index(None, "practice_id", "clinician_id", "starts_at"),
    _index("appointments_series_idx", "practice_id", "series_id", where="series_id IS NOT NULL"),
)
# A client sees an appointment through their attendance in it; the attendances' own policy applies inside as well.
appointments.info["owned"] = (
    "EXISTS (SELECT 1 FROM portal.attendances AS own"
    " WHERE own.practice_id = {practice} AND own.client_id = {client} AND own.appointment_id = appointments.id)"
)
# Whose it is, the attendance says that follows.
appointments.info["unowned"] = ("insert",)

attendances = client_table(
    "attendances",
    uuid("appointment_id"),
    # A copy of the appointment's start, for a list by index; once the client has left, as it was then, as are `left_…`.
    instant("starts_at"),
    string("status"),
    instant("cancelled_at", null=True),
    string("cancelled_by", null=True),
    flag("cancelled_late"),
    sealed("reason"),
    sealed("internal_note"),
    bigint("fee_amount", null=True),
    string("fee_currency", null=True),
    number("sequence"),
    instant("changed_at", null=True),
    instant("left_ends_at", null=True),
    string("left_time_zone", null=True),
    uuid("left_clinician_id", null=True),
    uuid("left_location_id", null=True),
    PrimaryKeyConstraint("practice_id", "client_id", "appointment_id"),
    _client("attendances_client_fkey"),
    practice_key("left_clinician_id", "clinicians", "attendances_left_clinician_fkey"),
    practice_key("left_location_id", "locations", "attendances_left_location_fkey"),
    ForeignKeyConstraint(
        ["practice_id", "appointment_id"],
        ["portal.appointments.practice_id", "portal.appointments.id"],
        name="attendances_appointment_fkey",
    ),
    CheckConstraint("status IN ('attending', 'no_show', 'cancelled')", "status"),
    CheckConstraint("cancelled_by IN ('client', 'practice')", "cancelled_by"),
    CheckConstraint("(status = 'cancelled') = (num_nulls(left_ends_at, left_clinician_id) = 0)", "left"),
    CheckConstraint("(fee_amount IS NULL) = (fee_currency IS NULL)", "fee"),
    Index(None, "practice_id", "client_id", "starts_at", "appointment_id"),
    Index(None, "practice_id", "appointment_id"),
)

holds = client_table(
    "holds",
    uuid("id"),
    uuid("clinician_id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    instant("starts_at"),
    instant("ends_at"),
    uuid("calendar_entry_id"),
    instant("expires_at"),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("holds_client_fkey"),
    Index(None, "practice_id", "expires_at"),
    Index(None, "practice_id", "clinician_id"),
)

appointment_requests = client_table(
    "appointment_requests",
    uuid("id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    uuid("clinician_id", null=True),
    document("preferred"),
    sealed("reason", null=False),
    instant("requested_at"),
    string("status"),
    instant("answered_at", null=True),
    sealed("answer"),
    uuid("appointment_id", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("appointment_requests_client_fkey"),
    _appointment_type("appointment_requests_appointment_type_fkey"),
    _location("appointment_requests_location_fkey"),
    CheckConstraint("status IN ('pending', 'confirmed', 'declined', 'withdrawn')", "status"),
    Index("appointment_requests_id_key", "practice_id", "id", unique=True),
    Index(None, "practice_id", "client_id", "requested_at", "id"),
    Index(None, "practice_id", "status", "requested_at", "id"),
)

waitlist_entries = client_table(
    "waitlist_entries",
    uuid("id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    uuid("clinician_id", null=True),
    day("earliest_date"),
    day("latest_date"),
    Column("weekdays", ARRAY(Integer), nullable=False),
    clock_time("from_time"),
    clock_time("until_time"),
    instant("joined_at"),
    string("status"),
    version(),
    Column("any_location", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("waitlist_entries_client_fkey"),
    _appointment_type("waitlist_entries_appointment_type_fkey"),
    CheckConstraint("status IN ('waiting', 'booked', 'left')", "status"),
    _index("waitlist_waiting_idx", "practice_id", "appointment_type_id", "latest_date", where="status = 'waiting'"),
)

waitlist_offers = client_table(
    "waitlist_offers",
    uuid("id"),
    uuid("entry_id"),
    uuid("freed_slot_id"),
    uuid("clinician_id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    instant("starts_at"),
    instant("ends_at"),
    uuid("calendar_entry_id"),
    instant("offered_at"),
    instant("expires_at"),
    string("status"),
    uuid("appointment_id", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("waitlist_offers_client_fkey"),
    CheckConstraint("status IN ('open', 'accepted', 'declined', 'expired')", "status"),
    Index(None, "practice_id", "freed_slot_id"),
    _index("waitlist_offers_open_idx", "practice_id", "expires_at", where="status = 'open'"),
    _index("waitlist_offers_clinician_idx", "practice_id", "clinician_id", where="status = 'open'"),
    Index(None, "practice_id", "client_id", "entry_id"),
)

freed_slots = practice_table(
    "freed_slots",
    uuid("id"),
    uuid("clinician_id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    instant("starts_at"),
    instant("ends_at"),
    string("time_zone"),
    instant("freed_at"),
    PrimaryKeyConstraint("practice_id", "id"),
    Index("freed_slots_waiting_idx", "practice_id", "freed_at", "id"),
    Index(None, "practice_id", "clinician_id"),
)

appointment_series = practice_table(
    "appointment_series",
    uuid("id"),
    uuid("clinician_id"),
    uuid("appointment_type_id"),
    uuid("location_id", null=True),
    # Local in `time_zone`, without an offset: stored as text, since a timestamp would suggest an instant.
    Column("first_start", Text, nullable=False),
    string("time_zone"),
    Column("interval_weeks", Integer, nullable=False, server_default=text("1")),
    number("weeks"),
    instant("created_at"),
    string("status"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    CheckConstraint("status IN ('active', 'ended')", "status"),
    _index("appointment_series_active_idx", "practice_id", "location_id", where="status = 'active'"),
    _index("appointment_series_clinician_idx", "practice_id", "clinician_id", where="status = 'active'"),
)

check_ins = client_table(
    "check_ins",
    uuid("id"),
    uuid("appointment_id"),
    sealed("client_location", null=False, label="check_ins.location"),
    sealed("callback", null=False),
    instant("joined_at"),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("check_ins_client_fkey"),
    Index(None, "practice_id", "appointment_id", "joined_at"),
)

corrections = client_table(
    "corrections",
    uuid("id"),
    uuid("appointment_id"),
    string("before"),
    string("after"),
    string("fee"),
    sealed("reason"),
    uuid("corrected_by", null=True),
    instant("corrected_at"),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    _client("corrections_client_fkey"),
    CheckConstraint("fee IN ('keep', 'charge', 'waive')", "fee"),
    Index(None, "practice_id", "appointment_id", "corrected_at"),
)

feed_tokens = client_table(
    "feed_tokens",
    uuid("id"),
    uuid("account_id"),
    digest("token_hash"),
    instant("created_at"),
    PrimaryKeyConstraint("practice_id", "client_id"),
    _client("feed_tokens_client_fkey"),
    Index("feed_tokens_hash_key", "token_hash", unique=True),
)

for _offered in (locations, appointment_types, availability_rules, availability_exceptions):
    narrow(_offered, "insert", "update", "delete", to=("practice",))
# What is offered is no business of somebody who signs in.
for _offered in (locations, appointment_types, availability_rules, availability_exceptions):
    narrow(_offered, "select", to=("practice", "record"))
for _planned in (calendar, appointments, freed_slots):
    narrow(_planned, to=("practice", "record"))
narrow(appointment_series, to=("practice",))
narrow(corrections, to=("practice",))
narrow(waitlist_offers, "insert", to=("practice",))
narrow(check_ins, "insert", to=("record",))
erase(feed_tokens, "(client_id = client OR account_id = ANY (account_ids))")
narrow(feed_tokens, "insert", "update", to=("record",))

appointment_settings = settings_table("appointment_settings")
narrow(appointment_settings, "select", to=("practice", "record"))
