"""Commands run beside a running portal: they join its database, and it keeps running."""

import json
import re
import subprocess
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.conftest import SECONDS
from tests.support.cli.portal_command import PortalCommand, eventually

pytestmark = pytest.mark.timeout(SECONDS)

PEOPLE = """\
kind,external_id,name,given_name,family_name,date_of_birth,email,clinicians
clinician,C-7,Noor Haddad,,,,,
client,K-7,,Ines,Moreau,1991-02-03,ines@client.example,C-7
client,K-8,,Paul,Weiss,3 February 1991,,C-7
client,K-9,,Lena,Roth,1991-02-03,,C-99
nurse,N-1,Somebody,,,,,
client,K-10,,Ali,Demir,1991-02-03
client,K-11,,"Wei
ling",Chen,1991-02-03,,
"""


def sign_in(portal: PortalCommand) -> str:
    body = {"email": portal.demo["client"], "password": portal.demo["client_password"]}
    answer = httpx.post(f"{portal.url}/api/v1/portal/auth/login", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def profile(portal: PortalCommand, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{portal.url}/api/v1/portal/profile", headers=headers, timeout=60)


def test_stored_mail_is_shown(serving: PortalCommand) -> None:
    everything = serving.output("mail")
    assert "to mira@client.example" in everything
    assert "to ada@elm-street.example" in everything
    assert "to ada@elm-street.example" not in serving.output("mail", "--to", "Mira@client.example")
    newest = serving.output("mail", "--to", "mira@client.example", "--last", "1")
    body = serving.output("mail", "--to", "mira@client.example", "--body")
    assert "A document was shared with you." in body
    assert newest.endswith(f"{body}\n")
    assert serving.output("mail", "--to", "nobody@client.example") == "no mail yet\n"
    assert serving.run("mail", "--last", "0").returncode == 2


def test_administrator_totp_code_is_shown(serving: PortalCommand) -> None:
    assert re.fullmatch(r"\d{6}\n", serving.output("demo-code"))


def test_scheduled_jobs_can_be_run_immediately(serving: PortalCommand) -> None:
    for name in ("send_appointment_reminders", "expire_grants", "delete_expired"):
        assert serving.output("jobs", "run", name) == f"{name}: done\n"
    assert serving.output("jobs", "dead") == "0 dead jobs\n"


def test_migrating_again_changes_nothing(serving: PortalCommand) -> None:
    assert serving.output("migrate") == "the database is up to date\n"
    assert serving.output("migrate") == "the database is up to date\n"


def test_master_key_is_rotated_while_the_portal_runs(serving: PortalCommand) -> None:
    token = sign_in(serving)
    assert profile(serving, token).status_code == 200
    keys = serving.folder / "portal-data" / "keys.json"
    before = len(json.loads(keys.read_text())["keys"])
    assert f"the master key is key-{before + 1}" in serving.output("keys", "rotate")
    assert profile(serving, token).status_code == 200
    assert profile(serving, sign_in(serving)).json()["given_name"] == "Mira"
    assert keys.stat().st_mode & 0o077 == 0
    assert f"ok: key-{before + 1}" in serving.output("config", "check")


def test_import_reports_rejected_rows_by_line(serving: PortalCommand, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    refused = [
        "line 4: client K-8: date_of_birth: Must be a date as year-month-day, such as 1980-05-31. An import can also "
        "be told the orders us and eu.",
        "line 5: client K-9: clinicians: No clinician has this external id (number 1 in the list).",
        "line 6: kind: Must be one of: client, clinician.",
        "line 7: row: This row has 6 cells, and the header has 8. Put quotation marks around a value that contains the "
        "separator.",
    ]
    for counted in ("3 added, 0 changed, 0 unchanged", "0 added, 0 changed, 3 unchanged"):
        ended = serving.run("practice", "import", str(file))
        assert ended.returncode == 1
        assert ended.stdout.splitlines() == [counted, *refused]
        assert ended.stderr == "portal: 4 rows were rejected; correct them and run the import again\n"
    file.write_text(PEOPLE.replace("Wei\nling", "Weiling").replace("nurse,N-1,Somebody,,,,,\n", ""))
    ended = serving.run("practice", "import", str(file))
    assert ended.stdout.startswith("0 added, 1 changed, 2 unchanged\n")
    file.write_text("\n".join(PEOPLE.splitlines()[:3]))
    assert serving.output("practice", "import", str(file)) == "0 added, 0 changed, 2 unchanged\n"


def test_dry_run_lists_what_would_change_and_writes_nothing(serving: PortalCommand, tmp_path: Path) -> None:
    file, listed = tmp_path / "people.csv", tmp_path / "report.csv"
    file.write_text("kind,external_id,name,active,room_link\nclinician,C-20,Ida Holm,no,https://rooms.example/ida\n")
    assert serving.output("practice", "import", str(file)) == "1 added, 0 changed, 0 unchanged\n"
    file.write_text("kind,external_id,name,room_link\nclinician,C-20,Ida Berg,(empty)\nclinician,C-21,Max,\n")
    dry = ("practice", "import", str(file), "--dry-run", "--report", str(listed))
    for _ in range(2):
        assert serving.output(*dry).splitlines() == [
            "dry run, nothing is written: 1 added, 1 changed, 0 unchanged",
            "line 2: clinician C-20: changes name, room_link",
        ]
    assert listed.read_text().splitlines() == [
        "line,kind,external_id,outcome,fields,kept,guardians,not_invited,shares_email,appointments,"
        "clients_without_clinician,staff_ended,staff_kept,suspends_account,errors",
        "2,clinician,C-20,changed,name; room_link,,,,,,,,,,",
        "3,clinician,C-21,added,name; external_id,,,,,,,,,,",
    ]
    assert serving.output("practice", "import", str(file)).startswith("1 added, 1 changed, 0 unchanged\n")
    file.write_text("kind,external_id,given_name,family_name,date_of_birth\nclient,K-20,Eva,Lind,5/31/1980\n")
    assert serving.output("practice", "import", str(file), "--dates", "us") == "1 added, 0 changed, 0 unchanged\n"
    unwritable = serving.error_line("practice", "import", str(file), "--report", str(tmp_path / "no" / "report.csv"))
    assert unwritable.endswith("No such file or directory")


def test_import_invites_guardians_whom_an_administrator_decides_on(serving: PortalCommand, tmp_path: Path) -> None:
    file, listed = tmp_path / "people.csv", tmp_path / "report.csv"
    header = "kind,external_id,given_name,family_name,date_of_birth,guardian_email\n"
    guardians = ["lund@client.example", *(f"guardian{number}@client.example" for number in range(11))]
    file.write_text(f"{header}client,K-30,Kim,Lund,2018-05-17,{';'.join(guardians)}\n")
    would = [
        "dry run, nothing is written: 1 added, 0 changed, 0 unchanged",
        "line 2: client K-30: invites 12 guardians",
    ]
    assert serving.output("practice", "import", str(file), "--dry-run").splitlines() == would
    undecided = serving.run("practice", "import", str(file), "--report", str(listed))
    assert (undecided.returncode, undecided.stdout.splitlines()) == (1, would)
    assert "nothing was imported: rows name guardians, so pass --decided-by with the email of" in undecided.stderr
    assert [line[:20] for line in listed.read_text().splitlines()[1:]] == ["2,client,K-30,added,"]
    command = ("practice", "import", str(file), "--decided-by", "ada@elm-street.example")
    assert serving.output(*command).splitlines() == [
        "1 added, 0 changed, 0 unchanged",
        "line 2: client K-30: invites 12 guardians",
    ]
    assert serving.output(*command) == "0 added, 0 changed, 1 unchanged\n"
    assert eventually(lambda: all(f"to {one} ·" in serving.output("mail") for one in guardians))  # without a limit
    assert serving.output("mail", "--last", "11").count(" UTC · email to ") == 11
    file.write_text(f"{header}client,K-31,Lou,Lund,1980-05-17,lund@client.example\n")
    ended = serving.run(*command)
    assert (
        "line 2: client K-31: added, guardian not invited: guardian_email: The client's age does not allow this access."
    ) in ended.stdout
    assert ended.stderr == (
        "portal: some guardians are not invited; correct their rows, or give them access in the portal\n"
    )


def test_practice_and_administrator_are_created(serving: PortalCommand) -> None:
    add = ("practice", "add", "oak-lane", "--name", "Oak Lane", "--time-zone", "America/Chicago", "--state", "IL")
    assert "added oak-lane with id " in serving.output(*add)
    assert "oak-lane" not in serving.error_line("practice", "add", "Oak Lane!", *add[3:])
    assert "time_zone" in serving.error_line("practice", "add", "fir", "--name", "Fir", "--time-zone", "Mars/Olympus")
    assert serving.error_line(*add) == "Another practice uses this short name."
    invite = ("practice", "administrator", "--name", "Grace Hall", "--email", "grace@oak-lane.example")
    assert serving.error_line(*invite) == "choose a practice with --practice: elm-street, oak-lane"
    assert "the invitation is queued" in serving.output(*invite, "--practice", "oak-lane")
    assert eventually(lambda: "Oak Lane" in serving.output("mail", "--to", "grace@oak-lane.example"))
    serving.error_line(*invite, "--practice", "oak-lane")
    reset = ("practice", "reset-second-factor", "--identity-check", "in_person", "--practice", "oak-lane", "--email")
    nobody = serving.error_line(*reset, "who@oak-lane.example")
    assert nobody == "no member of staff has the email address who@oak-lane.example"
    assert "Send an invitation" in serving.error_line(*reset, "grace@oak-lane.example")


def test_host_names_of_a_practice_are_changed(serving: PortalCommand) -> None:
    hosts = ("practice", "hosts", "elm-street")
    assert serving.output(*hosts) == "elm-street has no host names\n"
    assert serving.output(*hosts, "Portal.Elm.example", "elm.example") == "elm.example\nportal.elm.example\n"
    assert serving.output(*hosts, "elm.example") == serving.output(*hosts) == "elm.example\n"
    assert "host" in serving.error_line(*hosts, "https://elm.example/")
    assert serving.error_line("practice", "hosts", "oak", "oak.example").startswith(
        "there is no practice oak; known practices: elm-street"
    )
    assert serving.error_line(*hosts, "fir.example", "--none") == "give either host names or --none, not both"
    assert serving.output(*hosts) == "elm.example\n"
    other = ("practice", "add", "fir-row", "--name", "Fir Row", "--time-zone", "UTC", "--host")
    assert serving.error_line(*other, "elm.example").startswith("Another practice uses this host name.")
    assert serving.output(*hosts, "--none") == "elm-street has no host names\n"


def test_only_administrator_can_recover_a_lost_second_factor(serving: PortalCommand) -> None:
    body = {"email": serving.demo["administrator"], "password": serving.demo["administrator_password"]}
    sign_in = partial(httpx.post, f"{serving.url}/api/v1/practice/auth/login", json=body, timeout=60)
    elm_street = {"headers": {"portal-practice": "elm-street"}}
    assert "challenge" in sign_in(**elm_street).json()
    reset = ("practice", "reset-second-factor", "--practice", "elm-street", "--email", body["email"].upper())
    assert "in_person" in serving.error_line(*reset, "--identity-check", "she sounded sad")
    assert "at the next sign-in they must set up a new second factor" in serving.output(
        *reset, "--identity-check", "video_call"
    )
    assert sign_in(**elm_street).json()["must_enroll"] is True
    told = ("mail", "--to", serving.demo["administrator"])
    assert eventually(lambda: "Two-step sign-in is off" in serving.output(*told))


def test_commands_printed_by_the_demo_can_be_pasted(demo: PortalCommand) -> None:
    with demo.start_background("demo", until="portal mail --last 3") as running:
        printed = running.printed
        pasted = printed[printed.index("# Mira signs in") :]
        script = demo.folder / "pasted.sh"
        script.write_text(pasted)
        ended = subprocess.run(
            ["bash", "-e", "-o", "pipefail", script],
            cwd=demo.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(demo.folder)},
            capture_output=True,
            text=True,
            timeout=SECONDS / 2,
            check=False,
        )
        assert ended.returncode == 0, (ended.stdout, ended.stderr)
        assert ended.stderr == ""
        for words in ('"Elm Street office"', '"status": "booked"', "BEGIN:VEVENT", '"status": "cancelled"'):
            assert words in ended.stdout
        assert "Appointment booked" in ended.stdout
        assert '"Theo Lindqvist"' in ended.stdout
        assert "problems" not in ended.stdout
