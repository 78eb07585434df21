"""The text that `portal demo` prints: commands to try the portal, ready to paste."""

import os
import shlex
import sys
from pathlib import Path

from entrypoints.demo import SLUG, Demo
from entrypoints.settings import SETTINGS_FILE_VARIABLE, Settings

_TEXT = """
The portal is running at {url}. Its API is documented at {url}/docs. Press Ctrl-C to stop it.

  client         {client}   password {client_password}
  administrator  {administrator}   password {administrator_password}
                 second factor: {portal} demo-code

Paste this into another terminal, in this folder:

  # Mira signs in
  ask() {{ to=$1; shift; curl -sS "{url}/api/v1$to" -H "authorization: Bearer $TOKEN" \\
    -H "content-type: application/json" -H "portal-practice: {practice}" "$@"; }}
  pick() {{ {python} -c "import json, sys; said = sys.stdin.read(); \\
    sys.excepthook = lambda *_: print(said, file=sys.stderr); it = json.loads(said); print($1)"; }}
  day() {{ {python} -c "import datetime; print(datetime.date.today() + datetime.timedelta($1))"; }}
  TOKEN=
  TOKEN=$(ask /portal/auth/login -d '{{"email": "{client}", "password": "{client_password}"}}' |
    pick 'it["access_token"]')

  # She looks up appointment types and open times
  ask /portal/appointments/options | {python} -m json.tool
  TYPE=$(ask /portal/appointments/options | pick 'it["appointment_types"][0]["id"]')
  FREE=$(ask "/portal/appointments/slots?appointment_type_id=$TYPE&first_day=$(day 2)&last_day=$(day 14)&size=3")
  printf %s "$FREE" | {python} -m json.tool

  # She books the first open time, and finds it in her appointments and her calendar feed
  SLOT=$(printf %s "$FREE" | pick 'json.dumps({{"slot": {{name: it["items"][0][name]
    for name in ("appointment_type_id", "clinician_id", "starts_at", "location_id")}}}})')
  BOOKED=$(ask /portal/appointments -H "idempotency-key: $(date +%s)" -d "$SLOT" | pick 'it["id"]')
  ask "/portal/appointments/$BOOKED" | {python} -m json.tool
  curl -sS "{url}$(ask /portal/calendar/feed -X POST | pick 'it["path"]')"

  # She cancels it; mail is stored locally and not sent
  ask "/portal/appointments/$BOOKED/cancel" -X PATCH -d '{{"reason": "I am away."}}' | {python} -m json.tool
  {portal} mail --last 3

  # The practice shares documents with her; a link to one works for five minutes
  DOCUMENT=$(ask "/portal/documents?category=letter" | pick 'it["items"][0]["id"]')
  curl -sS -D - -o /dev/null "{url}$(ask "/portal/documents/$DOCUMENT/download" | pick 'it["path"]')"

  # Ada signs in to the practice API with her second factor, and lists the clients
  TOKEN=
  CHALLENGE=$(ask /practice/auth/login \\
    -d '{{"email": "{administrator}", "password": "{administrator_password}"}}' | pick 'it["challenge"]')
  TOKEN=$(ask /practice/auth/mfa -d "{{\\"challenge\\": \\"$CHALLENGE\\", \\"code\\": \\"$({portal} demo-code)\\"}}" |
    pick 'it["access_token"]')
  ask /practice/clients | {python} -m json.tool
"""


def welcome(settings: Settings, demo: Demo) -> str:
    """Return the text, with this installation's URL, commands and sign-in data."""
    return _TEXT.format(
        url=settings.public_url.rstrip("/"),
        practice=SLUG,
        client=demo.client,
        client_password=demo.client_password,
        administrator=demo.administrator,
        administrator_password=demo.administrator_password,
        python=_shown(Path(sys.executable)),
        portal=_portal(settings),
    )


def _portal(settings: Settings) -> str:
    """Return the `portal` command for another shell, with the variables that locate the data, if any are set."""
    said = {"PORTAL_DATA_DIR": str(settings.data_dir)} if "PORTAL_DATA_DIR" in os.environ else {}
    if os.environ.get(SETTINGS_FILE_VARIABLE):
        said[SETTINGS_FILE_VARIABLE] = str(Path(os.environ[SETTINGS_FILE_VARIABLE]).absolute())
    script = Path(sys.executable).with_name("portal")
    command = _shown(script) if script.exists() else f"{_shown(Path(sys.executable))} -m entrypoints.cli"
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in said.items()), command])


def _shown(path: Path) -> str:
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
