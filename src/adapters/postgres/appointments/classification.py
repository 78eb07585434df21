"""The classes of the columns of appointments."""

from adapters.postgres.engine.data_classes import Classified, health, operational, personal, public, secret

_CALENDAR = "a constraint keeps appointments apart, and days are listed and sorted by it"
_OPTIONS = "a foreign key; what is booked is joined with it"
_WAITING = "a job finds by it who may be offered a freed slot"
_LISTS = "lists are selected and sorted by it"

CLASSES: dict[str, list[Classified]] = {
    "locations": [public("name time_zone address"), operational("active")],
    "appointment_types": [public("name timing seats self_bookable clients_may_open cpt_code"), operational("active")],
    "availability_rules": [
        public("clinician_id weekday start_time end_time location_id appointment_type_ids valid_from valid_until")
    ],
    "availability_exceptions": [public("clinician_id date available start_time end_time location_id name")],
    "calendar": [
        operational("clinician_id starts_at ends_at buffer_before_seconds buffer_after_seconds purpose expires_at")
    ],
    "appointments": [
        health("starts_at ends_at local_starts_at time_zone", why=_CALENDAR),
        health("clinician_id appointment_type_id location_id", why=_OPTIONS),
        health("status attending shared", why=_LISTS),
        secret("room", why="names a video room that only a signed, short-lived token opens"),
        operational("calendar_entry_id booked_at changed_at series_id sequence"),
    ],
    "attendances": [
        health("starts_at status cancelled_at cancelled_by cancelled_late", why=_LISTS),
        health("left_ends_at left_time_zone left_clinician_id left_location_id", why=_OPTIONS),
        health("fee_amount fee_currency", why="staff waive and count fees across clients"),
        health("reason internal_note"),
        operational("client_id appointment_id sequence changed_at"),
    ],
    "holds": [
        health("starts_at ends_at", why=_CALENDAR),
        health("clinician_id appointment_type_id location_id", why=_OPTIONS),
        operational("client_id calendar_entry_id expires_at"),
    ],
    "appointment_requests": [
        health("reason answer"),
        health("preferred", why="staff see the wished times of many clients in one list"),
        health("appointment_type_id location_id clinician_id", why=_OPTIONS),
        health("status requested_at answered_at", why=_LISTS),
        operational("client_id appointment_id"),
    ],
    "waitlist_entries": [
        health("appointment_type_id location_id clinician_id any_location", why=_WAITING),
        health("earliest_date latest_date weekdays from_time until_time", why=_WAITING),
        health("status joined_at", why=_WAITING),
        operational("client_id"),
    ],
    "waitlist_offers": [
        health("clinician_id appointment_type_id location_id starts_at ends_at", why=_OPTIONS),
        health("status", why=_LISTS),
        operational("client_id entry_id freed_slot_id calendar_entry_id offered_at expires_at appointment_id"),
    ],
    "freed_slots": [operational("clinician_id appointment_type_id location_id starts_at ends_at time_zone freed_at")],
    "appointment_series": [
        health("clinician_id appointment_type_id location_id", why=_OPTIONS),
        health("first_start time_zone interval_weeks weeks status", why="a job extends series by it"),
        operational("created_at"),
    ],
    "check_ins": [personal("client_location callback"), operational("client_id appointment_id joined_at")],
    "corrections": [
        health("before after fee", why="staff see what was corrected in lists"),
        health("reason"),
        operational("client_id appointment_id corrected_by corrected_at"),
    ],
    "feed_tokens": [secret("token_hash"), operational("client_id account_id created_at")],
    "appointment_settings": [operational("values")],
}
