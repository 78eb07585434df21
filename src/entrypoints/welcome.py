"""What `portal demo` prints: what to do next, in commands that work when pasted."""

from entrypoints.demo import Demo
from entrypoints.settings import Settings

_TEXT = """
The portal runs at {url} — its API is described at {url}/docs. Ctrl-C stops everything.

  client         {client}   password {client_password}
  administrator  {administrator}   password {administrator_password}   second factor: portal demo-code

In another terminal, in this folder:

  # Mira signs in
  TOKEN=$(curl -s {url}/api/v1/portal/auth/login -H 'content-type: application/json' \\
    -d '{{"email":"{client}","password":"{client_password}"}}' \\
    | {python} -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

  # what she may book, and free times in the next week
  curl -s {url}/api/v1/portal/appointments/offering -H "authorization: Bearer $TOKEN"
  curl -s {url}/api/v1/portal/appointments/slots -H "authorization: Bearer $TOKEN"

  # she books the first of them
  curl -s {url}/api/v1/portal/appointments/slots -H "authorization: Bearer $TOKEN" | {python} -c '
  import json, sys; s = json.load(sys.stdin)["items"][0]
  print(json.dumps({{k: s[k] for k in ("clinician_id", "kind_id", "place_id", "starts_at")}}))' > slot.json
  curl -s {url}/api/v1/portal/appointments -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -H "idempotency-key: $(date +%s)" -d @slot.json
  curl -s {url}/api/v1/portal/appointments -H "authorization: Bearer $TOKEN"

  # the mail that was kept instead of sent
  {portal} mail --last 3
"""


def welcome(settings: Settings, demo: Demo) -> str:
    """The text for this start."""
    return _TEXT.format(
        url=settings.public_url,
        client=demo.client,
        client_password=demo.client_password,
        administrator=demo.administrator,
        administrator_password=demo.administrator_password,
        python=".venv/bin/python",
        portal=".venv/bin/portal",
    )
