"""What the worker is told, and how it says what is missing."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.playbook import Mode
from worker.settings import ConfigurationFault, Need, Security, Settings, load, names

EVERYTHING = frozenset(Need)
SECRET = "correct-horse-battery"


def whole(**more: str) -> dict[str, str]:
    """An environment in which nothing is missing, and what is different in this test."""
    return {
        "WORKER_ADDRESS": "deals@northlight.example",
        "WORKER_TEAM": "@northlight.example",
        "WORKER_IMAP_HOST": "imap.northlight.example",
        "WORKER_IMAP_USER": "deals@northlight.example",
        "WORKER_IMAP_PASSWORD": SECRET,
        "WORKER_SMTP_HOST": "smtp.northlight.example",
        "WORKER_SMTP_USER": "deals@northlight.example",
        "WORKER_SMTP_PASSWORD": SECRET,
        "HOME": "/home/ann",
    } | {f"WORKER_{name}": value for name, value in more.items()}


def faults(environ: Mapping[str, str], needs: frozenset[Need] = EVERYTHING, env_file: Path | None = None) -> list[str]:
    with pytest.raises(ConfigurationFault) as caught:
        load(needs, env_file, environ)
    return list(caught.value.lines)


def test_a_whole_environment_loads() -> None:
    settings = load(EVERYTHING, None, whole(TEAM="Ann@Northlight.example , @partner.example,"))
    assert settings.address == "deals@northlight.example"
    assert settings.team == ("ann@northlight.example", "@partner.example")
    assert settings.imap_password.get_secret_value() == SECRET
    assert settings.mode is Mode.APPROVE


def test_a_verb_that_needs_nothing_asks_for_nothing() -> None:
    settings = load(frozenset(), None, {})
    assert (settings.playbooks_dir / "signals").is_dir()
    assert settings.templates_dir.is_dir()


def test_what_a_verb_does_not_use_is_not_looked_at() -> None:
    broken = {"WORKER_IMAP_PORT": "abc", "WORKER_SMTP_SECURITY": "maybe", "WORKER_DATABASE_URL": "postgresql://x"}
    assert load(frozenset({Need.TEAM}), None, whole() | broken).imap_port == 993
    assert len(faults(whole() | broken)) == 3


@pytest.mark.parametrize(
    ("need", "names_asked_for"),
    [
        (Need.TEAM, ["WORKER_ADDRESS", "WORKER_TEAM"]),
        (Need.MAILBOX, ["WORKER_IMAP_HOST", "WORKER_IMAP_USER", "WORKER_IMAP_PASSWORD"]),
        (Need.SUBMISSION, ["WORKER_SMTP_HOST"]),
    ],
)
def test_each_missing_setting_gives_one_line_that_says_what_to_write(need: Need, names_asked_for: list[str]) -> None:
    lines = faults({}, frozenset({need}))
    assert [line.partition(":")[0] for line in lines] == names_asked_for
    assert all("is not set; write" in line for line in lines)


def test_an_empty_value_counts_as_none() -> None:
    settings = load(EVERYTHING, None, whole(MODE="", TIME_ZONE=" ", DATABASE_URL="", SENT_FOLDER=""))
    assert settings.mode is Mode.APPROVE
    assert faults(whole(IMAP_HOST=" "))[0].startswith("WORKER_IMAP_HOST: is not set")


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("MODE", "aprove", "perhaps approve"),
        ("IMAP_PORT", "70000", "from 1 to 65535"),
        ("IMAP_PORT", "٩٩٣", "from 1 to 65535"),
        ("IMAP_SECURITY", "ssl", "write one of tls, starttls, none"),
        ("IMAP_HOST", "imaps://imap.northlight.example", "bare name"),
        ("SMTP_HOST", "smtp.northlight.example:587", "the port is a setting of its own"),
        ("MAX_PER_DAY", "-1", "from 0 to"),
        ("ADDRESS", "Deals <deals@northlight.example>", "a bare one"),
        ("ADDRESS", "deals+x@northlight.example", "without it"),
        ("TEAM", "ann@northlight.example, northlight.example", "write @northlight.example"),
        ("TEAM", "@gmail.com", "full addresses"),
        ("TOKEN", "short", "8 to 40"),
        ("TOKEN", "with.a.dot.inside", "8 to 40"),
        ("TIME_ZONE", "europe/berln", "write Europe/Berlin"),
        ("TIME_ZONE", "../../etc/passwd", "no time zone"),
        ("COUNTRY", "uk", "write GB"),
        ("COUNTRY", "Germany", "ISO 3166"),
        ("TRUSTED_AUTHSERV", "mx example", "one word"),
        ("PLAYBOOKS_DIR", "/nowhere/at/all", "is no folder"),
        ("STATE_DIR", "/etc/passwd", "is a file"),
        ("DATABASE_URL", "postgresql://localhost/x", "leave it empty"),
        ("IMAP_USER", "ann\nLOGOUT", "line break"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name_and_what_to_write(name: str, value: str, advice: str) -> None:
    lines = faults(whole(**{name: value}))
    assert len(lines) == 1
    assert lines[0].startswith(f"WORKER_{name} (in the environment): ")
    assert advice in lines[0]


def test_all_faults_come_in_one_pass() -> None:
    assert len(faults(whole(MODE="x", IMAP_PORT="x", COUNTRY="x", WATCH__ANN__HOST="x"))) == 5


@pytest.mark.parametrize(
    ("protocol", "security", "port", "expected"),
    [
        ("IMAP", "", "", (Security.TLS, 993)),
        ("IMAP", "starttls", "", (Security.STARTTLS, 143)),
        ("IMAP", "", "143", (Security.STARTTLS, 143)),
        ("IMAP", "TLS", "1993", (Security.TLS, 1993)),
        ("SMTP", "", "", (Security.TLS, 465)),
        ("SMTP", "", "587", (Security.STARTTLS, 587)),
        ("SMTP", "starttls", "", (Security.STARTTLS, 587)),
        ("SMTP", "", "25", (Security.TLS, 25)),
    ],
)
def test_port_and_security_say_each_other(
    protocol: str, security: str, port: str, expected: tuple[Security, int]
) -> None:
    settings = load(EVERYTHING, None, whole(**{f"{protocol}_SECURITY": security, f"{protocol}_PORT": port}))
    low = protocol.lower()
    assert (getattr(settings, f"{low}_security"), getattr(settings, f"{low}_port")) == expected


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "imap.localhost", "LOCALHOST."]
)
def test_a_bare_password_may_go_to_this_machine(host: str) -> None:
    assert load(EVERYTHING, None, whole(IMAP_HOST=host, IMAP_SECURITY="none")).imap_port == 143


@pytest.mark.parametrize(
    "host", ["imap.example.com", "10.0.0.1", "localhost.example.com", "::ffff:10.0.0.1", "127.0.0.1.example"]
)
def test_a_bare_password_never_crosses_the_network(host: str) -> None:
    watched = {"WATCH__ANN__HOST": host, "WATCH__ANN__USER": "ann", "WATCH__ANN__PASSWORD": SECRET}
    lines = faults(whole(IMAP_HOST=host, IMAP_SECURITY="none", WATCH__ANN__SECURITY="none", **watched))
    assert [line.split(" ")[0] for line in lines] == ["WORKER_IMAP_SECURITY", "WORKER_WATCH__ANN__SECURITY"]


def test_no_protection_is_fine_where_there_is_no_password() -> None:
    open_relay = whole(SMTP_SECURITY="none", SMTP_USER="", SMTP_PASSWORD="")
    assert load(EVERYTHING, None, open_relay).smtp_port == 25


def test_a_user_without_a_password_is_asked_for_it() -> None:
    assert faults(whole(SMTP_PASSWORD=""))[0].startswith("WORKER_SMTP_PASSWORD (in the environment): is missing beside")
    assert faults(whole(SMTP_USER=""))[0].startswith("WORKER_SMTP_USER (in the environment): is missing beside")


def test_watched_mailboxes_are_read_by_name() -> None:
    environ = whole(WATCH__ANN__HOST="imap.northlight.example", WATCH__ANN__USER="ann", WATCH__ANN__PASSWORD="12345")
    box = load(EVERYTHING, None, environ).watch["ann"]
    assert (box.user, box.port, box.password.get_secret_value()) == ("ann", 993, "12345")


def test_a_watched_mailbox_with_a_slip_says_what_is_meant() -> None:
    lines = faults(whole(WATCH__ANN__HOST="h", WATCH__ANN__USER="ann", WATCH__ANN__PASWORD=SECRET))
    assert any(line.startswith("WORKER_WATCH__ANN__PASSWORD: is not set") for line in lines)
    assert any("did you mean WORKER_WATCH__ANN__PASSWORD?" in line for line in lines)


def test_an_unknown_setting_is_a_fault_with_a_suggestion() -> None:
    lines = faults(whole(IMAP_PASWORD="x"))
    assert lines == [
        "WORKER_IMAP_PASWORD (in the environment): there is no such setting; did you mean WORKER_IMAP_PASSWORD?"
    ]


def test_the_environment_may_hold_another_programs_names_but_the_env_file_may_not(tmp_path: Path) -> None:
    assert load(EVERYTHING, None, whole(PROCESSES="4")).address
    env_file = tmp_path / "worker.env"
    env_file.write_text("WORKER_PROCESSES=4\nPATH_OF_OTHERS=1\n")
    assert faults(whole(), env_file=env_file) == [
        f"WORKER_PROCESSES (in {env_file}, line 1): there is no such setting; "
        "take the line out (.env.example lists them all)"
    ]


def test_the_environment_beats_credentials_and_these_beat_the_env_file(tmp_path: Path) -> None:
    env_file = tmp_path / "worker.env"
    env_file.write_text("WORKER_IMAP_USER=file\nWORKER_IMAP_PASSWORD=file\nWORKER_IMAP_FOLDER=file\n")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "worker_imap_user").write_text("credential\n")
    (credentials / "worker_imap_password").write_text(" credential \r\n")
    (credentials / "worker.env").write_text("of no concern")
    environ = {"WORKER_IMAP_USER": "environment", "CREDENTIALS_DIRECTORY": str(credentials)}
    environ |= {"WORKER_IMAP_HOST": "imap.northlight.example"}
    settings = load(frozenset({Need.MAILBOX}), env_file, environ)
    assert settings.imap_user == "environment"
    assert settings.imap_password.get_secret_value() == " credential "
    assert settings.imap_folder == "file"


def test_a_credential_fills_a_watched_mailbox(tmp_path: Path) -> None:
    (tmp_path / "worker_watch__ann__password").write_text(SECRET)
    environ = whole(WATCH__ANN__HOST="imap.example", WATCH__ANN__USER="ann") | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load(EVERYTHING, None, environ).watch["ann"].password.get_secret_value() == SECRET


def test_a_fault_in_the_env_file_names_its_line(tmp_path: Path) -> None:
    env_file = tmp_path / "worker.env"
    env_file.write_text('# first\n\nWORKER_COUNTRY=DE\n\n\nWORKER_MODE="snd"  # comment\nWORKER_TOKEN\n')
    assert faults(whole(), env_file=env_file) == [
        f"WORKER_TOKEN (in {env_file}, line 7): has no value; write WORKER_TOKEN=...",
        f"WORKER_MODE (in {env_file}, line 6): this is no choice; write one of draft, approve, send, perhaps send",
    ]


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("pa$HOME${x}word", "pa$HOME${x}word"),
        ("pa#ss", "pa#ss"),
        ("back\\slash", "back\\slash"),
        ("'with space # and hash'", "with space # and hash"),
        ('"quo\\"te"', 'quo"te'),
        ("Käse", "Käse"),
    ],
)
def test_a_password_in_the_env_file_is_taken_as_it_stands(tmp_path: Path, written: str, password: str) -> None:
    env_file = tmp_path / "worker.env"
    env_file.write_text(f"\ufeffWORKER_IMAP_PASSWORD={written}\n", encoding="utf-8")
    environ = whole() | {"x": "expanded"}
    del environ["WORKER_IMAP_PASSWORD"]
    assert load(EVERYTHING, env_file, environ).imap_password.get_secret_value() == password


def test_an_env_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    [line] = faults({}, env_file=tmp_path / "missing.env")  # what is missing may stand in there
    assert "No such file" in line
    latin = tmp_path / "latin.env"
    latin.write_bytes(b"WORKER_IMAP_PASSWORD=K\xe4se\n")
    assert "is not UTF-8" in faults(whole(), env_file=latin)[0]
    broken = tmp_path / "broken.env"
    broken.write_text(f"WORKER_IMAP_PASSWORD='{SECRET}\n")
    lines = faults(whole(), env_file=broken)
    assert "line 1 cannot be read" in lines[0]
    assert SECRET not in lines[0]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"STATE_DIRECTORY": "/var/lib/followup-worker:/var/lib/other"}, "/var/lib/followup-worker"),
        ({"XDG_STATE_HOME": "/xdg"}, "/xdg/followup-worker"),
        ({}, "/home/ann/.local/state/followup-worker"),
        ({"WORKER_STATE_DIR": "/here", "STATE_DIRECTORY": "/there"}, "/here"),
    ],
)
def test_the_state_lies_where_systemd_or_xdg_says(environ: dict[str, str], expected: str) -> None:
    assert load(EVERYTHING, None, whole() | environ).state_dir == Path(expected)


def test_a_file_of_certificates_is_honoured_and_checked(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    assert load(EVERYTHING, None, whole() | {"SSL_CERT_FILE": str(bundle)}).ssl_cert_file == bundle
    lines = faults(whole() | {"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    assert lines[0].startswith("SSL_CERT_FILE (in the environment): ")


def test_the_reader_of_mail_gets_what_it_has_to_know() -> None:
    settings = load(EVERYTHING, None, whole(TOKEN="Quiet-Harbour-9", TRUSTED_AUTHSERV="mx.northlight.example"))
    reading = settings.reading(b"key", frozenset({"esign.example"}))
    assert reading.is_team("ann@northlight.example")
    assert reading.is_ours("deals+quiet-harbour-9.signed@northlight.example")
    assert (reading.token, reading.trusted_authserv) == ("quiet-harbour-9", "mx.northlight.example")
    assert (reading.key, reading.notaries) == (b"key", frozenset({"esign.example"}))


def test_all_secrets_are_known_to_the_journal() -> None:
    watched = {"WATCH__ANN__HOST": "h.example", "WATCH__ANN__USER": "ann", "WATCH__ANN__PASSWORD": "third"}
    settings = load(EVERYTHING, None, whole(TOKEN="quiet-harbour-9", SMTP_PASSWORD="second", **watched))
    assert settings.secrets() == ("quiet-harbour-9", SECRET, "second", "third")


def test_a_secret_is_in_no_repr() -> None:
    watched = {"WATCH__ANN__HOST": "h.example", "WATCH__ANN__USER": "ann", "WATCH__ANN__PASSWORD": SECRET}
    settings = load(EVERYTHING, None, whole(TOKEN=SECRET, **watched))
    assert SECRET not in f"{settings!r} {settings} {settings.watch!r} {settings.model_dump()}"


@given(name=st.sampled_from([name.replace("<NAME>", "ANN") for name in names() if not name.endswith("_DIR")]))
def test_a_secret_in_the_wrong_place_is_in_no_fault(name: str) -> None:
    secret = f"imaps://u:{SECRET}@h x"
    with pytest.raises(ConfigurationFault) as caught:
        load(EVERYTHING, None, whole(IMAP_SECURITY="none") | {name: secret, "WORKER_MODDE": secret})
    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    if name not in ("WORKER_ADDRESS", "WORKER_TEAM", "SSL_CERT_FILE"):
        assert SECRET not in shown


def test_settings_made_by_hand_read_nothing_behind_ones_back(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, imap_host="127.0.0.1", imap_port=1143, imap_security=Security.NONE)
    assert (settings.imap_port, settings.imap_security) == (1143, Security.NONE)
    assert settings.address == ""
