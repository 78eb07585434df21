-- Every table of the first release, as it was then: later revisions change it, and this file does not change.

CREATE TABLE portal.sign_in_guards (
  practice_id UUID NOT NULL,
  key BYTEA NOT NULL,
  tries TIMESTAMP WITH TIME ZONE[] NOT NULL,
  locked_until TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT sign_in_guards_pkey PRIMARY KEY (practice_id, key)
);

CREATE TABLE portal.enquiries (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  asked BYTEA NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT enquiries_pkey PRIMARY KEY (practice_id, id)
);

CREATE INDEX enquiries_practice_id_asked_at_idx ON portal.enquiries (practice_id, asked_at);

CREATE TABLE portal.places (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  address TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  CONSTRAINT places_pkey PRIMARY KEY (practice_id, id)
);

CREATE TABLE portal.appointment_kinds (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  timing JSONB NOT NULL,
  seats INTEGER NOT NULL,
  online BOOLEAN NOT NULL,
  active BOOLEAN NOT NULL,
  CONSTRAINT appointment_kinds_pkey PRIMARY KEY (practice_id, id)
);

CREATE TABLE portal.freed_slots (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  zone TEXT NOT NULL,
  freed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT freed_slots_pkey PRIMARY KEY (practice_id, id)
);

CREATE TABLE portal.appointment_series (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  first_start TEXT NOT NULL,
  zone TEXT NOT NULL,
  weeks INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status TEXT NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT appointment_series_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT appointment_series_status_check CHECK (status IN ('active', 'ended'))
);

CREATE TABLE portal.identities (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  side TEXT NOT NULL,
  record BYTEA NOT NULL,
  until TIMESTAMP WITH TIME ZONE,
  CONSTRAINT identities_pkey PRIMARY KEY (practice_id, account_id, side),
  CONSTRAINT identities_side_check CHECK (side IN ('portal', 'practice'))
);

CREATE INDEX identities_practice_id_until_idx ON portal.identities (practice_id, until);

CREATE TABLE portal.audit_entries (
  practice_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  id UUID NOT NULL,
  actor_kind TEXT NOT NULL,
  account_id UUID,
  job TEXT,
  grant_id UUID,
  record UUID,
  action TEXT NOT NULL,
  target UUID,
  outcome TEXT NOT NULL,
  facts JSONB NOT NULL,
  address TEXT NOT NULL,
  device TEXT NOT NULL,
  request_id TEXT NOT NULL,
  CONSTRAINT audit_entries_pkey PRIMARY KEY (at, id)
)
 PARTITION BY RANGE (at);

CREATE INDEX audit_entries_practice_id_at_idx ON portal.audit_entries (practice_id, at);

CREATE INDEX audit_entries_practice_id_record_at_idx ON portal.audit_entries (practice_id, record, at);

CREATE TABLE portal.answers (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BYTEA NOT NULL,
  body BYTEA,
  until TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT answers_pkey PRIMARY KEY (practice_id, account_id, operation, key)
);

CREATE INDEX answers_practice_id_until_idx ON portal.answers (practice_id, until);

CREATE TABLE portal.tries (
  key BYTEA NOT NULL,
  at TIMESTAMP WITH TIME ZONE[] NOT NULL,
  until TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT tries_pkey PRIMARY KEY (key)
);

CREATE INDEX tries_until_idx ON portal.tries (until);

CREATE TABLE portal.notices (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  notice_class TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  handed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  to_account UUID,
  to_client UUID,
  about UUID,
  once TEXT,
  channel TEXT,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  claimed_at TIMESTAMP WITH TIME ZONE,
  claimed_by TEXT NOT NULL,
  settled_at TIMESTAMP WITH TIME ZONE,
  vendor_id TEXT NOT NULL,
  problem TEXT NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT notices_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT notices_class_check CHECK (notice_class IN ('security', 'safety', 'service', 'reminder')),
  CONSTRAINT notices_channel_check CHECK (channel IN ('email', 'sms', 'in_app')),
  CONSTRAINT notices_state_check CHECK (state IN ('queued', 'sending', 'sent', 'dropped', 'uncertain', 'dead'))
);

CREATE INDEX notices_sending_idx ON portal.notices (practice_id, claimed_at, id) WHERE state = 'sending';

CREATE UNIQUE INDEX notices_once_key ON portal.notices (practice_id, once) WHERE once IS NOT NULL;

CREATE INDEX notices_due_idx ON portal.notices (practice_id, due_at, id) WHERE state = 'queued';

CREATE INDEX notices_troubled_idx ON portal.notices (practice_id, id) WHERE state IN ('dead', 'uncertain');

CREATE TABLE portal.kept_mail (
  id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  kind TEXT NOT NULL,
  key UUID NOT NULL,
  "to" TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  CONSTRAINT kept_mail_pkey PRIMARY KEY (id)
);

CREATE INDEX kept_mail_at_id_idx ON portal.kept_mail (at, id);

CREATE TABLE portal.practices (
  id UUID NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  state TEXT,
  hosts TEXT[] NOT NULL,
  settings JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT practices_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX practices_slug_key ON portal.practices (slug);

CREATE TABLE portal.practice_keys (
  practice_id UUID NOT NULL,
  wrapped BYTEA NOT NULL,
  master_key TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT practice_keys_pkey PRIMARY KEY (practice_id),
  CONSTRAINT practice_keys_practice_id_fkey FOREIGN KEY(practice_id) REFERENCES portal.practices (id)
);

CREATE TABLE portal.practice_hosts (
  practice_id UUID NOT NULL,
  host TEXT NOT NULL,
  CONSTRAINT practice_hosts_pkey PRIMARY KEY (host),
  CONSTRAINT practice_hosts_practice_fkey FOREIGN KEY(practice_id) REFERENCES portal.practices (id)
);

CREATE INDEX practice_hosts_practice_id_idx ON portal.practice_hosts (practice_id);

CREATE TABLE portal.clients (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  external_id TEXT,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  chosen_name TEXT,
  pronouns TEXT,
  sort_name TEXT COLLATE "C" NOT NULL,
  born DATE NOT NULL,
  email TEXT,
  email_key TEXT,
  phone TEXT,
  address BYTEA,
  zone TEXT,
  language TEXT,
  state TEXT,
  status TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT clients_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT clients_practice_fkey FOREIGN KEY(practice_id) REFERENCES portal.practices (id),
  CONSTRAINT clients_status_check CHECK (status IN ('active', 'discharged'))
);

CREATE UNIQUE INDEX clients_external_id_key ON portal.clients (practice_id, external_id);

CREATE INDEX clients_practice_id_sort_name_id_idx ON portal.clients (practice_id, sort_name, id);

CREATE INDEX clients_practice_id_email_key_idx ON portal.clients (practice_id, email_key);

CREATE TABLE portal.clinicians (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  external_id TEXT,
  name TEXT NOT NULL,
  credentials TEXT NOT NULL,
  zone TEXT,
  room_link TEXT,
  active BOOLEAN NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT clinicians_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT clinicians_practice_fkey FOREIGN KEY(practice_id) REFERENCES portal.practices (id)
);

CREATE UNIQUE INDEX clinicians_external_id_key ON portal.clinicians (practice_id, external_id);

CREATE TABLE portal.availability_rules (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  weekday INTEGER NOT NULL,
  starts TIME WITHOUT TIME ZONE NOT NULL,
  ends TIME WITHOUT TIME ZONE NOT NULL,
  zone TEXT NOT NULL,
  place_id UUID,
  kind_ids UUID[] NOT NULL,
  valid_from DATE NOT NULL,
  valid_until DATE,
  CONSTRAINT availability_rules_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT availability_rules_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id),
  CONSTRAINT availability_rules_place_fkey FOREIGN KEY(practice_id, place_id) REFERENCES portal.places (practice_id, id)
);

CREATE INDEX availability_rules_practice_id_clinician_id_idx ON portal.availability_rules (practice_id, clinician_id);

CREATE TABLE portal.availability_exceptions (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  date DATE NOT NULL,
  opens BOOLEAN NOT NULL,
  starts TIME WITHOUT TIME ZONE,
  ends TIME WITHOUT TIME ZONE,
  zone TEXT NOT NULL,
  place_id UUID,
  CONSTRAINT availability_exceptions_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT availability_exceptions_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id),
  CONSTRAINT availability_exceptions_place_fkey FOREIGN KEY(practice_id, place_id) REFERENCES portal.places (practice_id, id)
);

CREATE INDEX availability_exceptions_practice_id_clinician_id_date_idx ON portal.availability_exceptions (practice_id, clinician_id, date);

CREATE TABLE portal.calendar (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  buffer_before_seconds BIGINT NOT NULL,
  buffer_after_seconds BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT calendar_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT calendar_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id),
  CONSTRAINT calendar_purpose_check CHECK (purpose IN ('appointment', 'hold', 'block')),
  CONSTRAINT calendar_order_check CHECK (ends_at > starts_at),
  CONSTRAINT calendar_length_check CHECK (purpose = 'block' OR ends_at - starts_at <= interval '24 hours'),
  CONSTRAINT calendar_expires_check CHECK ((purpose = 'hold') = (expires_at IS NOT NULL)),
  CONSTRAINT calendar_one_at_a_time EXCLUDE USING gist (clinician_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (purpose <> 'block')
);

CREATE INDEX calendar_blocks_idx ON portal.calendar (practice_id, clinician_id, ends_at) WHERE purpose = 'block';

CREATE INDEX calendar_expires_idx ON portal.calendar (practice_id, clinician_id, expires_at) WHERE purpose = 'hold';

CREATE INDEX calendar_practice_id_clinician_id_ends_at_idx ON portal.calendar (practice_id, clinician_id, ends_at);

CREATE TABLE portal.appointments (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  zone TEXT NOT NULL,
  calendar_entry_id UUID,
  attending INTEGER NOT NULL,
  booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  shared BOOLEAN NOT NULL,
  status TEXT NOT NULL,
  series_id UUID,
  room TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT appointments_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT appointments_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id),
  CONSTRAINT appointments_kind_fkey FOREIGN KEY(practice_id, kind_id) REFERENCES portal.appointment_kinds (practice_id, id),
  CONSTRAINT appointments_place_fkey FOREIGN KEY(practice_id, place_id) REFERENCES portal.places (practice_id, id),
  CONSTRAINT appointments_status_check CHECK (status IN ('booked', 'completed', 'no_show', 'cancelled')),
  CONSTRAINT appointments_attending_check CHECK (attending >= 0),
  CONSTRAINT appointments_length_check CHECK (ends_at > starts_at AND ends_at - starts_at <= interval '24 hours')
);

CREATE INDEX appointments_practice_id_clinician_id_starts_at_idx ON portal.appointments (practice_id, clinician_id, starts_at);

CREATE INDEX appointments_series_idx ON portal.appointments (practice_id, series_id) WHERE series_id IS NOT NULL;

CREATE INDEX appointments_practice_id_starts_at_id_idx ON portal.appointments (practice_id, starts_at, id);

CREATE TABLE portal.holds (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  calendar_entry_id UUID NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT holds_pkey PRIMARY KEY (practice_id, client_id, id),
  CONSTRAINT holds_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id)
);

CREATE INDEX holds_practice_id_expires_at_idx ON portal.holds (practice_id, expires_at);

CREATE TABLE portal.appointment_requests (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  clinician_id UUID,
  preferred JSONB NOT NULL,
  reason BYTEA NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status TEXT NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  answer BYTEA,
  appointment_id UUID,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT appointment_requests_pkey PRIMARY KEY (practice_id, client_id, id),
  CONSTRAINT appointment_requests_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT appointment_requests_kind_fkey FOREIGN KEY(practice_id, kind_id) REFERENCES portal.appointment_kinds (practice_id, id),
  CONSTRAINT appointment_requests_place_fkey FOREIGN KEY(practice_id, place_id) REFERENCES portal.places (practice_id, id),
  CONSTRAINT appointment_requests_status_check CHECK (status IN ('pending', 'confirmed', 'declined', 'withdrawn'))
);

CREATE INDEX appointment_requests_practice_id_status_requested_at_id_idx ON portal.appointment_requests (practice_id, status, requested_at, id);

CREATE UNIQUE INDEX appointment_requests_id_key ON portal.appointment_requests (practice_id, id);

CREATE INDEX appointment_requests_practice_id_client_id_requested_at_id_idx ON portal.appointment_requests (practice_id, client_id, requested_at, id);

CREATE TABLE portal.waitlist_entries (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  clinician_id UUID,
  earliest DATE NOT NULL,
  latest DATE NOT NULL,
  weekdays INTEGER[] NOT NULL,
  from_time TIME WITHOUT TIME ZONE NOT NULL,
  until_time TIME WITHOUT TIME ZONE NOT NULL,
  zone TEXT NOT NULL,
  joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status TEXT NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT waitlist_entries_pkey PRIMARY KEY (practice_id, client_id, id),
  CONSTRAINT waitlist_entries_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT waitlist_entries_kind_fkey FOREIGN KEY(practice_id, kind_id) REFERENCES portal.appointment_kinds (practice_id, id),
  CONSTRAINT waitlist_entries_status_check CHECK (status IN ('waiting', 'booked', 'left'))
);

CREATE INDEX waitlist_waiting_idx ON portal.waitlist_entries (practice_id, kind_id, latest) WHERE status = 'waiting';

CREATE TABLE portal.waitlist_offers (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  entry_id UUID NOT NULL,
  freed_slot_id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  kind_id UUID NOT NULL,
  place_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  calendar_entry_id UUID NOT NULL,
  offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status TEXT NOT NULL,
  appointment_id UUID,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT waitlist_offers_pkey PRIMARY KEY (practice_id, client_id, id),
  CONSTRAINT waitlist_offers_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT waitlist_offers_status_check CHECK (status IN ('open', 'accepted', 'declined', 'expired'))
);

CREATE INDEX waitlist_offers_practice_id_freed_slot_id_idx ON portal.waitlist_offers (practice_id, freed_slot_id);

CREATE INDEX waitlist_offers_open_idx ON portal.waitlist_offers (practice_id, expires_at) WHERE status = 'open';

CREATE INDEX waitlist_offers_practice_id_client_id_entry_id_idx ON portal.waitlist_offers (practice_id, client_id, entry_id);

CREATE TABLE portal.check_ins (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  appointment_id UUID NOT NULL,
  location BYTEA NOT NULL,
  callback BYTEA NOT NULL,
  joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT check_ins_pkey PRIMARY KEY (practice_id, client_id, id),
  CONSTRAINT check_ins_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id)
);

CREATE INDEX check_ins_practice_id_appointment_id_joined_at_idx ON portal.check_ins (practice_id, appointment_id, joined_at);

CREATE TABLE portal.feed_tokens (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT feed_tokens_pkey PRIMARY KEY (practice_id, client_id),
  CONSTRAINT feed_tokens_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id)
);

CREATE UNIQUE INDEX feed_tokens_hash_key ON portal.feed_tokens (token_hash);

CREATE TABLE portal.client_keys (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  wrapped BYTEA NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT client_keys_pkey PRIMARY KEY (practice_id, client_id),
  CONSTRAINT client_keys_practice_id_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id)
);

CREATE TABLE portal.staff (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  external_id TEXT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  roles TEXT[] NOT NULL,
  clinician_id UUID,
  active BOOLEAN NOT NULL,
  issuer TEXT,
  subject TEXT,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT staff_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT staff_practice_fkey FOREIGN KEY(practice_id) REFERENCES portal.practices (id),
  CONSTRAINT staff_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id)
);

CREATE UNIQUE INDEX staff_email_key ON portal.staff (practice_id, email_key);

CREATE UNIQUE INDEX staff_external_id_key ON portal.staff (practice_id, external_id);

CREATE UNIQUE INDEX staff_subject_key ON portal.staff (practice_id, issuer, subject);

CREATE TABLE portal.care_team (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  clinician_id UUID NOT NULL,
  CONSTRAINT care_team_pkey PRIMARY KEY (practice_id, client_id, clinician_id),
  CONSTRAINT care_team_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT care_team_clinician_fkey FOREIGN KEY(practice_id, clinician_id) REFERENCES portal.clinicians (practice_id, id)
);

CREATE INDEX care_team_practice_id_clinician_id_idx ON portal.care_team (practice_id, clinician_id);

CREATE TABLE portal.accounts (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  side TEXT NOT NULL,
  email TEXT NOT NULL,
  kind TEXT NOT NULL,
  client_id UUID,
  staff_id UUID,
  status TEXT NOT NULL,
  second_factor TEXT NOT NULL,
  issuer TEXT,
  subject TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT accounts_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT accounts_staff_fkey FOREIGN KEY(practice_id, staff_id) REFERENCES portal.staff (practice_id, id),
  CONSTRAINT accounts_side_check CHECK (side IN ('portal', 'practice')),
  CONSTRAINT accounts_kind_check CHECK (kind IN ('client', 'proxy', 'staff')),
  CONSTRAINT accounts_status_check CHECK (status IN ('unverified', 'active', 'closed')),
  CONSTRAINT accounts_of_client_check CHECK ((kind = 'client') = (client_id IS NOT NULL)),
  CONSTRAINT accounts_of_staff_check CHECK ((kind = 'staff') = (staff_id IS NOT NULL))
);

CREATE UNIQUE INDEX accounts_email_key ON portal.accounts (practice_id, side, email) WHERE status <> 'closed';

CREATE UNIQUE INDEX accounts_external_key ON portal.accounts (practice_id, issuer, subject) WHERE status <> 'closed';

CREATE UNIQUE INDEX accounts_client_key ON portal.accounts (practice_id, client_id) WHERE status <> 'closed';

CREATE UNIQUE INDEX accounts_staff_key ON portal.accounts (practice_id, staff_id) WHERE status <> 'closed';

CREATE TABLE portal.attendances (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  appointment_id UUID NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status TEXT NOT NULL,
  cancelled_at TIMESTAMP WITH TIME ZONE,
  cancelled_by TEXT,
  late BOOLEAN NOT NULL,
  reason BYTEA,
  fee_amount BIGINT,
  fee_currency TEXT,
  sequence INTEGER NOT NULL,
  CONSTRAINT attendances_pkey PRIMARY KEY (practice_id, client_id, appointment_id),
  CONSTRAINT attendances_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT attendances_appointment_fkey FOREIGN KEY(practice_id, appointment_id) REFERENCES portal.appointments (practice_id, id),
  CONSTRAINT attendances_status_check CHECK (status IN ('attending', 'no_show', 'cancelled')),
  CONSTRAINT attendances_cancelled_by_check CHECK (cancelled_by IN ('client', 'practice')),
  CONSTRAINT attendances_fee_check CHECK ((fee_amount IS NULL) = (fee_currency IS NULL))
);

CREATE INDEX attendances_practice_id_appointment_id_idx ON portal.attendances (practice_id, appointment_id);

CREATE INDEX attendances_practice_id_client_id_starts_at_appointment_id_idx ON portal.attendances (practice_id, client_id, starts_at, appointment_id);

CREATE TABLE portal.invitations (
  practice_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  client_id UUID,
  staff_id UUID,
  terms JSONB,
  state TEXT NOT NULL,
  code_hash BYTEA,
  tries INTEGER NOT NULL,
  account_id UUID,
  invited_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT invitations_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT invitations_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT invitations_staff_fkey FOREIGN KEY(practice_id, staff_id) REFERENCES portal.staff (practice_id, id),
  CONSTRAINT invitations_kind_check CHECK (kind IN ('client', 'proxy', 'staff')),
  CONSTRAINT invitations_state_check CHECK (state IN ('open', 'accepted', 'withdrawn')),
  CONSTRAINT invitations_of_staff_check CHECK ((kind = 'staff') = (staff_id IS NOT NULL)),
  CONSTRAINT invitations_of_client_check CHECK ((kind = 'staff') = (client_id IS NULL)),
  CONSTRAINT invitations_terms_check CHECK ((kind = 'proxy') = (terms IS NOT NULL))
);

CREATE INDEX invitations_practice_id_email_key_idx ON portal.invitations (practice_id, email_key);

CREATE INDEX invitations_practice_id_client_id_idx ON portal.invitations (practice_id, client_id);

CREATE TABLE portal.sessions (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  access_hash BYTEA NOT NULL,
  family_hash BYTEA NOT NULL,
  refresh_hash BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_active_at TIMESTAMP WITH TIME ZONE NOT NULL,
  access_expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  idle_seconds INTEGER NOT NULL,
  strong BOOLEAN NOT NULL,
  device TEXT NOT NULL,
  address TEXT NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT sessions_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id),
  CONSTRAINT sessions_kind_check CHECK (kind IN ('cookie', 'bearer'))
);

CREATE UNIQUE INDEX sessions_access_key ON portal.sessions (practice_id, access_hash);

CREATE INDEX sessions_practice_id_ends_at_idx ON portal.sessions (practice_id, ends_at);

CREATE UNIQUE INDEX sessions_family_key ON portal.sessions (practice_id, family_hash);

CREATE INDEX sessions_practice_id_account_id_ended_at_idx ON portal.sessions (practice_id, account_id, ended_at);

CREATE TABLE portal.challenges (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  state BYTEA NOT NULL,
  kind TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  tries INTEGER NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT challenges_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT challenges_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id)
);

CREATE INDEX challenges_practice_id_expires_at_idx ON portal.challenges (practice_id, expires_at);

CREATE UNIQUE INDEX challenges_token_key ON portal.challenges (practice_id, token_hash);

CREATE TABLE portal.second_factors (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  pending BYTEA,
  pending_until TIMESTAMP WITH TIME ZONE,
  recovery_hashes BYTEA[] NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT second_factors_pkey PRIMARY KEY (practice_id, account_id),
  CONSTRAINT second_factors_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id)
);

CREATE TABLE portal.notifications (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  client_id UUID,
  kind TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  about UUID,
  read_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT notifications_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT notifications_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id)
);

CREATE INDEX notifications_practice_id_account_id_id_idx ON portal.notifications (practice_id, account_id, id);

CREATE TABLE portal.notification_settings (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  channels JSONB NOT NULL,
  reminder_minutes JSONB NOT NULL,
  language TEXT NOT NULL,
  zone TEXT NOT NULL,
  safe_email TEXT NOT NULL,
  safe_phone TEXT NOT NULL,
  neutral_sender BOOLEAN NOT NULL,
  do_not_text BOOLEAN NOT NULL,
  do_not_voicemail BOOLEAN NOT NULL,
  texts_to TEXT,
  texts_consent_at TIMESTAMP WITH TIME ZONE,
  texts_stopped_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT notification_settings_pkey PRIMARY KEY (practice_id, account_id),
  CONSTRAINT notification_settings_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id),
  CONSTRAINT notification_settings_consent_check CHECK ((texts_to IS NULL) = (texts_consent_at IS NULL))
);

CREATE INDEX notification_settings_texts_idx ON portal.notification_settings (practice_id, texts_to) WHERE texts_to IS NOT NULL;

CREATE TABLE portal.grants (
  practice_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  relation TEXT NOT NULL,
  areas TEXT[] NOT NULL,
  may_write BOOLEAN NOT NULL,
  starts DATE NOT NULL,
  until DATE,
  decided_until DATE,
  narrows_on DATE,
  authorised_by_minor BOOLEAN NOT NULL,
  decided_by UUID NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT grants_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT grants_client_fkey FOREIGN KEY(practice_id, client_id) REFERENCES portal.clients (practice_id, id),
  CONSTRAINT grants_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id),
  CONSTRAINT grants_relation_check CHECK (relation IN ('parent', 'guardian', 'representative', 'other')),
  CONSTRAINT grants_until_check CHECK (until > starts)
);

CREATE INDEX grants_practice_id_account_id_idx ON portal.grants (practice_id, account_id);

CREATE INDEX grants_due_idx ON portal.grants (practice_id, until) WHERE revoked_at IS NULL AND ended_at IS NULL;

CREATE INDEX grants_practice_id_client_id_idx ON portal.grants (practice_id, client_id);

CREATE UNIQUE INDEX grants_standing_key ON portal.grants (practice_id, client_id, account_id) WHERE revoked_at IS NULL AND ended_at IS NULL;

CREATE TABLE portal.email_changes (
  practice_id UUID NOT NULL,
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  former_email TEXT NOT NULL,
  new_email TEXT NOT NULL,
  code_hash BYTEA,
  tries INTEGER NOT NULL,
  state TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT email_changes_pkey PRIMARY KEY (practice_id, id),
  CONSTRAINT email_changes_account_fkey FOREIGN KEY(practice_id, account_id) REFERENCES portal.accounts (practice_id, id),
  CONSTRAINT email_changes_state_check CHECK (state IN ('open', 'done', 'withdrawn'))
);

CREATE INDEX email_changes_practice_id_account_id_idx ON portal.email_changes (practice_id, account_id);
