"""What the worker has to be told: the environment, systemd credentials and an env file, read once, at the door.

The environment wins over credentials, since it is what somebody typed for this one run; credentials win over
the env file, so that a password that was moved into a credential beats the stale one that was left behind.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from worker import settings_forms as forms
from worker.core.model import Address, Reading
from worker.core.playbook import Mode
from worker.io.shipped import shipped
from worker.settings_forms import Security
from worker.settings_sources import CERTIFICATES, PREFIX, Given, gather

__all__ = ["ConfigurationFault", "Need", "Security", "Settings", "Watched", "load", "names"]


class Need(StrEnum):
    """What a verb uses. What it does not use is neither asked for nor looked at."""

    TEAM = "team"
    """The worker's own address and the team's."""
    MAILBOX = "mailbox"
    """The mailbox that is read, and the watched ones."""
    SUBMISSION = "submission"
    """The server that takes our mail."""
    STATE = "state"
    """The folder of the deals."""


class ConfigurationFault(Exception):
    """The settings do not do. One line for each fault; none of them holds a secret."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


_PORTS = {
    "imap": {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143},
    "smtp": {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25},
}


# -- the settings ----------------------------------------------------------------------------

_Port = Annotated[int, forms.number(1, 65535)]
_Count = Annotated[int, forms.number(0, 100_000)]
_Host = Annotated[str, BeforeValidator(forms.host)]
_Protection = Annotated[Security, forms.one_of(Security)]


class Watched(BaseModel):
    """A further mailbox that is only read: an owner's own, so that replies are seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: _Host
    user: str
    password: SecretStr
    port: _Port = 993
    security: _Protection = Security.TLS

    @model_validator(mode="before")
    @classmethod
    def _settled(cls, given: Any) -> Any:
        if isinstance(given, dict):
            given = dict(given)
            _settle(given, "", "imap")
        return given


class Settings(BaseSettings):
    """Everything that can be set. `load` reads it; built by hand it takes its values as arguments alone."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    address: Annotated[Address, BeforeValidator(forms.address)] = Address("")
    team: Annotated[tuple[str, ...], NoDecode, BeforeValidator(forms.team)] = ()
    trusted_authserv: Annotated[str, BeforeValidator(forms.word)] = ""
    token: Annotated[SecretStr, BeforeValidator(forms.token)] = SecretStr("")

    imap_host: _Host = ""
    imap_port: _Port = 993
    imap_security: _Protection = Security.TLS
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = "INBOX"
    watch: dict[str, Watched] = Field(default_factory=dict)

    smtp_host: _Host = ""
    smtp_port: _Port = 465
    smtp_security: _Protection = Security.TLS
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    sent_folder: str = ""

    mode: Annotated[Mode, forms.one_of(Mode)] = Mode.APPROVE
    max_per_hour: _Count = 20
    max_per_day: _Count = 100
    max_per_contact_per_week: _Count = 3

    time_zone: Annotated[ZoneInfo, BeforeValidator(forms.zone)] = ZoneInfo("UTC")
    country: Annotated[str, BeforeValidator(forms.country)] = ""

    state_dir: Annotated[Path, BeforeValidator(forms.state)]
    database_url: Annotated[SecretStr, BeforeValidator(forms.no_database)] = SecretStr("")
    playbooks_dir: Annotated[Path, BeforeValidator(forms.folder)] = Field(default_factory=lambda: shipped("playbooks"))
    templates_dir: Annotated[Path, BeforeValidator(forms.folder)] = Field(default_factory=lambda: shipped("templates"))
    ssl_cert_file: Annotated[Path | None, BeforeValidator(forms.file)] = None

    @model_validator(mode="before")
    @classmethod
    def _settled(cls, given: Any) -> Any:
        given = dict(given)
        _settle(given, "imap_", "imap")
        _settle(given, "smtp_", "smtp")
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        faults = [
            *_bare_password("imap_", self.imap_host, self.imap_security, self.imap_password),
            *_bare_password("smtp_", self.smtp_host, self.smtp_security, self.smtp_password),
        ]
        for name, box in self.watch.items():
            faults += _bare_password(f"watch__{name}__", box.host, box.security, box.password)
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            missing, given = ("password", "user") if self.smtp_user else ("user", "password")
            faults.append((f"smtp_{missing}", f"is missing beside WORKER_SMTP_{given.upper()}; set both or neither"))
        if faults:
            raise PydanticCustomError("settings", "settings that do not go together", {"faults": faults})
        return self

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back: `load` hands over what it gathered."""
        return (init_settings,)

    def reading(self, key: bytes, notaries: frozenset[str]) -> Reading:
        """What the reader of mail has to know about us."""
        return Reading(
            address=self.address,
            team=self.team,
            trusted_authserv=self.trusted_authserv,
            token=self.token.get_secret_value(),
            key=key,
            notaries=notaries,
        )

    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log, whoever writes it."""
        boxes = (box.password for box in self.watch.values())
        kept = (self.token, self.imap_password, self.smtp_password, *boxes)
        return tuple(dict.fromkeys(text for secret in kept if (text := secret.get_secret_value())))


def _settle(given: dict[str, Any], prefix: str, protocol: str) -> None:
    """Port and security say each other: 587 is starttls, tls is 465. Nothing is ever taken for `none`."""
    port, security = given.get(f"{prefix}port"), given.get(f"{prefix}security")
    if security is None:
        starttls = str(_PORTS[protocol][Security.STARTTLS])
        security = Security.STARTTLS if str(port).strip() == starttls else Security.TLS
    given[f"{prefix}security"] = security
    if port is None and (word := str(security).strip().lower()) in list(Security):
        given[f"{prefix}port"] = _PORTS[protocol][Security(word)]


def _bare_password(prefix: str, host: str, security: Security, password: SecretStr) -> Iterator[tuple[str, str]]:
    if security is Security.NONE and password.get_secret_value() and host and not forms.is_loopback(host):
        yield f"{prefix}security", "a password would cross the network for everybody to read; write tls or starttls"


# -- reading them ------------------------------------------------------------------------------

_ONLY_FOR = {
    Need.MAILBOX: ("imap_", "watch", "sent_folder"),
    Need.SUBMISSION: ("smtp_", "sent_folder", "max_per_"),
    Need.STATE: ("state_dir", "database_url"),
}
"""By the beginning of their names. What is not here decides, and is looked at by every verb."""

_ASK = {
    Need.TEAM: {
        "address": "write the address that you BCC, such as deals@firm.example",
        "team": "write who may command, addresses and @domains with commas: ann@firm.example, @firm.example",
    },
    Need.MAILBOX: {
        "imap_host": "write the host that the mail is read from, such as imap.firm.example",
        "imap_user": "write the name that the mailbox is opened with, mostly its address",
        "imap_password": "write the mailbox's password, or lay it into the credential worker_imap_password",
    },
    Need.SUBMISSION: {
        "smtp_host": "write the host that takes the mail you send, such as smtp.firm.example",
    },
}
_WATCHED = "each watched mailbox needs HOST, USER and PASSWORD"


def load(needs: frozenset[Need], env_file: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings that a verb uses. An empty value is the same as none.

    Raises ConfigurationFault with every fault that there is; the command line ends with 78 then (EX_CONFIG).
    """
    gathered = gather(env_file, environ)
    if gathered.unread:
        raise ConfigurationFault(gathered.faults)  # what is missing may stand in there
    unused = tuple(start for need, starts in _ONLY_FOR.items() if need not in needs for start in starts)
    used = tuple(start for need in needs for start in _ONLY_FOR.get(need, ()))
    given = {
        name: one
        for name, one in gathered.given.items()
        if not _field(name).startswith(unused) or _field(name).startswith(used)
    }
    faults = [*gathered.faults, *_unknown(gathered.given), *_missing(needs, given)]
    values = _values({name: one.value for name, one in given.items() if one.value.strip()})
    values.setdefault("state_dir", _usual_state(environ))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [line for one in error.errors(include_url=False, include_input=False) for line in _lines(one, given)]
    except FileNotFoundError as error:
        faults.append(str(error))
    if faults:
        # `from None`, and outside the handler: pydantic's error must not hang on ours, it has seen the passwords.
        raise ConfigurationFault(faults)
    return settings


def _values(variables: dict[str, str]) -> dict[str, Any]:
    """By field, as pydantic-settings takes them from an environment: nested names taken apart."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in variables.items() if name != CERTIFICATES}
    values = dict(source())
    if CERTIFICATES in variables:
        values["ssl_cert_file"] = variables[CERTIFICATES]
    return values


def _usual_state(environ: Mapping[str, str]) -> Path:
    """systemd's StateDirectory=, else the place of the XDG base directory specification."""
    if folders := environ.get("STATE_DIRECTORY"):
        return Path(folders.split(":")[0])
    home = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return Path(home) / "followup-worker"


def _unknown(given: Mapping[str, Given]) -> Iterator[str]:
    known = names()
    for name, one in given.items():
        if name in known or (name.startswith(f"{PREFIX}WATCH__") and name.count("__") >= 2):
            continue
        plain = {other.removeprefix(PREFIX): other for other in known}
        near = difflib.get_close_matches(name.removeprefix(PREFIX), plain, n=1, cutoff=0.75)
        if near:
            yield f"{name} ({one.where}): there is no such setting; did you mean {plain[near[0]]}?"
        elif not one.shared:
            yield f"{name} ({one.where}): there is no such setting; take the line out (.env.example lists them all)"


def names() -> tuple[str, ...]:
    """Every variable that can be set; those of a watched mailbox with <NAME> for its own name."""
    plain = [CERTIFICATES if field == "ssl_cert_file" else _variable((field,)) for field in Settings.model_fields]
    plain.remove(f"{PREFIX}WATCH")
    return (*plain, *(f"{PREFIX}WATCH__<NAME>__{field.upper()}" for field in Watched.model_fields))


def _missing(needs: frozenset[Need], given: Mapping[str, Given]) -> Iterator[str]:
    for need in Need:
        for field, what in _ASK.get(need, {}).items() if need in needs else ():
            one = given.get(_variable((field,)))
            if one is None or not one.value.strip():
                yield f"{_variable((field,))}: is not set; {what}"


def _lines(error: ErrorDetails, given: Mapping[str, Given]) -> Iterator[str]:
    context = error.get("ctx", {})
    if "faults" in context:
        for field, what in context["faults"]:
            yield _line(_variable((field,)), what, given)
        return
    name = CERTIFICATES if error["loc"] == ("ssl_cert_file",) else _variable(error["loc"])
    if error["type"] == "missing":
        yield f"{name}: is not set; {_WATCHED}"
    elif error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), Watched.model_fields, n=1)
        meant = f"did you mean {_variable((*error['loc'][:-1], near[0]))}?" if near else _WATCHED
        yield _line(name, f"there is no such setting; {meant}", given)
    elif error["type"] == "setting":
        yield _line(name, str(context["what"]), given)
    else:
        yield _line(name, f"does not do; {_WATCHED}" if error["loc"][0] == "watch" else "does not do", given)


def _line(name: str, what: str, given: Mapping[str, Given]) -> str:
    where = f" ({given[name].where})" if name in given else ""
    return f"{name}{where}: {what}"


def _variable(loc: tuple[int | str, ...]) -> str:
    return PREFIX + "__".join(str(part) for part in loc).upper()


def _field(name: str) -> str:
    return name.removeprefix(PREFIX).lower()
