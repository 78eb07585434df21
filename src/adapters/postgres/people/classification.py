"""The classes of the columns of practices and people."""

from adapters.postgres.engine.data_classes import Classified, health, operational, personal, public

_STAFF = "staff are listed and found by it, and sign in with it"

CLASSES: dict[str, list[Classified]] = {
    "practices": [public("slug name time_zone state hosts npi tax_id phone address"), operational("created_at")],
    "practice_hosts": [public("host")],
    "clients": [
        personal("external_id", why="an import finds the record by it, and a constraint keeps it unique"),
        personal(
            "given_name family_name chosen_name pronouns sort_name", why="staff list clients by name, page by page"
        ),
        personal("date_of_birth", why="registration compares it, and the law for minors is computed from it"),
        personal("email email_key", why="registration and invitations find the client by it"),
        personal("phone", why="notices and staff reach the client by it, in lists of many"),
        personal("time_zone language state", why="times, notices and the law for minors depend on it, for many"),
        personal("address emergency_contact"),
        health("coverage"),
        health("status", why="lists and bookings select by it"),
        operational("created_at"),
    ],
    "client_search_words": [
        personal("word", why="staff find clients by it, by index; decision 16"),
        personal("sort_name", why="what is found is put in order by it"),
        operational("client_id"),
    ],
    "care_team": [
        operational("client_id"),
        health("clinician_id", why="a foreign key, and what clients may book is joined by it"),
    ],
    "legal_holds": [operational("client_id placed_by placed_at")],
    "record_erasures": [
        operational("client_id requested_by requested_at expires_at state confirmed_by completed_at recorded_at"),
    ],
    "clinicians": [
        public("name credentials npi licenses"),
        operational("external_id time_zone active"),
        personal("room_link", why="clients are given it, and it opens a waiting room only"),
    ],
    "staff": [
        personal("name email email_key", why=_STAFF),
        operational("external_id roles clinician_id active issuer subject made_administrator_at"),
    ],
}
