"""The command line: one verb, the settings that it uses, and an exit code that says how it went."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TextIO

from worker import __version__
from worker.settings import ConfigurationFault, Need, Settings, load

DONE, FAILED, USAGE, CONFIGURATION = 0, 1, 2, 78
"""78 is EX_CONFIG of sysexits(3): systemd is told not to try again."""

Verb = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. Returns 0 done, 1 the work failed, 2 usage, 78 configuration."""
    arguments = _parser().parse_args(argv)
    verb: Verb = arguments.verb
    try:
        return verb(arguments)
    except ConfigurationFault as fault:
        return _say(fault.lines, CONFIGURATION)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="worker", description="The follow-up that a good salesperson would have sent."
    )
    parser.add_argument("--version", action="version", version=f"followup-worker {__version__}")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, does: Verb, help: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=help, description=help)
        one.add_argument(
            "--env-file", type=Path, metavar="FILE", help="settings, beside those of the environment (.env)"
        )
        one.set_defaults(verb=does)
        return one

    one = verb("demo", _demo, "half a year of eight deals in half a minute, on servers of its own")
    one.add_argument("--out", type=Path, metavar="FOLDER", help="where the mails and the report go (followup-demo)")
    one.add_argument("--fast", action="store_true", help="do not wait for the reader's eyes")
    one = verb("init", _init, "lay out playbooks, templates and .env in a folder of your own")
    one.add_argument("folder", type=Path, nargs="?", default=Path())
    verb("doctor", _doctor, "try every setting: the mailbox, the server, the files, the state")
    one = verb("check", _check, "check playbooks, templates and signals")
    one.add_argument(
        "folder", type=Path, nargs="?", help="a playbook or a folder of them, instead of WORKER_PLAYBOOKS_DIR"
    )
    one.add_argument("--json", action="store_true", help="one fault a line, for an editor")
    one.add_argument("--schema", action="store_true", help="print the JSON schema of a playbook, for an editor")
    one.add_argument("--phrases", action="store_true", help="print the page of every phrase that a playbook knows")
    one = verb("run", _run, "read the mailbox, decide, send")
    one.add_argument("--once", action="store_true", help="handle what is there and what is due, then end")
    one = verb("deals", _deals, "list the deals, with their labels and what comes next")
    one.add_argument("--attention", action="store_true", help="where your time goes: clients beside prospects, and money")
    one.add_argument("--json", action="store_true")
    one = verb("show", _show, "one deal: its mails, its decisions and the reason for each")
    one.add_argument("deal", help="its mark, its id, or an address of its contact")
    one.add_argument("--json", action="store_true")
    one = verb("explain", _explain, "what the worker sees in a mail, and why")
    one.add_argument("--json", action="store_true")
    one.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="mails, or folders of them")
    one = verb("simulate", _simulate, "the calendar of one playbook, each mail written out; sends nothing")
    one.add_argument("playbook", help="its name, such as silent-prospect, or its file")
    one.add_argument("--for", dest="who", default="", metavar="CONTACT", help='"Anna Berg <anna@berg.example>"')
    one.add_argument("--from", type=_day, dest="since", metavar="DATE", help="the day on which it has a reason to begin (today)")
    one.add_argument("--reply", action="append", default=[], metavar="ANSWER", help='"on day 5: not now"; may stand several times')
    one.add_argument("--json", action="store_true", help="one decision a line, with its mail")
    one = verb("rehearse", _rehearse, "live a past mailbox through and see every decision; sends nothing")
    one.add_argument("mailbox", type=Path, help="an mbox, a Maildir or a folder of mails")
    one.add_argument(
        "--until", type=_day, metavar="DATE", help="the last day, included (three months after the last mail)"
    )
    one.add_argument("--from", type=_day, dest="since", metavar="DATE", help="what lies before is history, and starts nothing")
    one.add_argument("--json", action="store_true")
    one.add_argument("--strict", action="store_true", help="leave what needs approval waiting")
    one.add_argument("--report", type=Path, metavar="FILE.html", help="write each deal's timeline as a page, beside what really happened")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it like 2026-03-01") from None


def _settings(arguments: argparse.Namespace, *needs: Need) -> Settings:
    env_file: Path | None = arguments.env_file
    if env_file is None and Path(".env").is_file():
        env_file = Path(".env")
    settings = load(frozenset(needs), env_file, os.environ)
    if settings.ssl_cert_file is not None:
        os.environ.setdefault("SSL_CERT_FILE", str(settings.ssl_cert_file))
    return settings


def _say(lines: Iterable[str], code: int, out: TextIO | None = None) -> int:
    for line in lines:
        print(line, file=out or sys.stderr)
    return code


# Each verb imports what it uses: `explain` must not wait for the IMAP client.


def _demo(arguments: argparse.Namespace) -> int:
    from worker.app.demo import demo

    return demo(arguments.out or Path("followup-demo"), fast=arguments.fast)


def _init(arguments: argparse.Namespace) -> int:
    from worker.app.commands import init

    return init(arguments.folder)


def _doctor(arguments: argparse.Namespace) -> int:
    from worker.app.commands import doctor

    return doctor(_settings(arguments, Need.TEAM, Need.MAILBOX, Need.SUBMISSION, Need.STATE))


def _check(arguments: argparse.Namespace) -> int:
    if arguments.schema or arguments.phrases:
        from worker.app.reference import print_phrases, print_schema

        return print_schema() if arguments.schema else print_phrases()
    from worker.app.checking import check

    return check(arguments.folder, _settings(arguments, Need.STATE), as_json=arguments.json)


def _run(arguments: argparse.Namespace) -> int:
    from worker.app.commands import run

    settings = _settings(arguments, Need.TEAM, Need.MAILBOX, Need.SUBMISSION, Need.STATE)
    return run(settings, once=arguments.once)


def _deals(arguments: argparse.Namespace) -> int:
    from worker.app.clock import SystemClock
    from worker.app.looking import list_deals, show_attention

    if arguments.attention:
        return show_attention(_settings(arguments, Need.STATE), SystemClock().now(), as_json=arguments.json)
    return list_deals(_settings(arguments, Need.STATE), as_json=arguments.json)


def _show(arguments: argparse.Namespace) -> int:
    from worker.app.looking import show_deal

    return show_deal(_settings(arguments, Need.STATE), arguments.deal, as_json=arguments.json)


def _explain(arguments: argparse.Namespace) -> int:
    from worker.app.explain import explain

    settings = _settings(arguments) if arguments.json else _settings(arguments, Need.STATE)
    return explain(arguments.paths, settings, as_json=arguments.json)


def _rehearse(arguments: argparse.Namespace) -> int:
    from worker.app.rehearse import rehearse

    return rehearse(
        arguments.mailbox, _settings(arguments, Need.TEAM), until=arguments.until, since=arguments.since,
        as_json=arguments.json, strict=arguments.strict, report=arguments.report,
    )  # fmt: skip


def _simulate(arguments: argparse.Namespace) -> int:
    from worker.app.clock import SystemClock
    from worker.app.simulate import simulate

    return simulate(
        arguments.playbook, _settings(arguments, Need.STATE), SystemClock().now(), who=arguments.who, since=arguments.since,
        replies=arguments.reply, as_json=arguments.json,
    )  # fmt: skip
