"""Two weeks of the shop: real commits, suites, verdicts, records, digests and alerts; only the clock is ours."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import Envelope

from covgov_testing.evidence import shop
from covgov_testing.evidence.stage import SECRET, Stage, timeless
from covgov_testing.installed import Done
from covgov_testing.receivers import Answer, Mailbox, Received, Receiver, mail_server, receiver

OLD, NEW = f"/old-{SECRET}", f"/new-{SECRET}"
TEXTFILE = "coverage/covgov.prom"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. code: of `covgov run`, None for what people and the weekly job did."""

    at: datetime
    what: str
    who: str
    code: int | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    to: str
    subject: str
    text: str


@dataclass
class Told:
    """What the two weeks left behind.

    alerts: what was received, oldest first. files: what a recorded run leaves below coverage/. proposal: what the
    register was to learn when a component fell below its bar. drop, summary, metrics, mail: output, Markdown, text file
    and letter of the run that dropped. rotation: the console of a secret that was replaced. register: in the end.
    request: the comment on a pull request that was opened after the two weeks.
    """

    events: list[Event] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    proposal: str = ""
    drop: str = ""
    summary: str = ""
    metrics: str = ""
    mail: Mail = Mail("", "", "", "")
    rotation: str = ""
    register: str = ""
    request: str = ""


@dataclass
class Gate:
    """A webhook that knows one address only."""

    path: str = OLD
    accepted: list[Received] = field(default_factory=list)

    def answer(self, one: Received) -> Answer:
        if one.path != self.path:
            return 403, f"nobody lives at {one.path}"
        self.accepted.append(one)
        return 200, "ok"


@dataclass
class Fortnight:
    stage: Stage
    hook: Receiver
    mailbox: Mailbox
    gate: Gate
    told: Told = field(default_factory=Told)

    def pushed(self, day: int, what: str, files: Mapping[str, str]) -> Done:
        """A push to main: measured, judged, recorded, and told to those who want to hear of it."""
        self.stage.now = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
        before = self.stage.push(files, what)
        ci = self.stage.ci(before)
        done = self.stage.covgov("run", env=ci)
        self.publish("notify", "prometheus", env=ci)
        self.told.mail = letter(self.mailbox.inbox[0]) if self.mailbox.inbox else self.told.mail
        self.told.events.append(Event(self.stage.now, what, "people", done.code, tuple(self.heard())))
        return done

    def heard(self) -> list[str]:
        """What was received since the last call: where, and its subject."""
        fresh = [f"webhook: {one.json['title']}" for one in self.gate.accepted]
        fresh += [f"mail: {letter.subject}" for letter in map(letter, self.mailbox.inbox)]
        self.gate.accepted.clear()
        self.mailbox.inbox.clear()
        self.told.alerts += fresh
        return fresh

    def publish(self, *argv: str, env: Mapping[str, str]) -> Done:
        return self.stage.covgov("publish", *argv, env={**env, "COVGOV_TEXTFILE": str(self.stage.work.root / TEXTFILE)})

    def weekly(self, day: int, until: str) -> None:
        """What coverage-digest.yml does on Mondays, when it pushes."""
        stage = self.stage
        stage.now = datetime(2026, 11, day, 5, 17, tzinfo=UTC)
        ci = stage.ci("0" * 40)
        for argv in (
            ("history", "restore"),
            ("exceptions", "sync"),
            ("digest", "--until", until, "--output", shop.WEEKLY),
            ("publish", "notify", "--digest", shop.WEEKLY),
        ):
            done = stage.covgov(*argv, env=ci)
            assert done.code == 0, f"covgov {' '.join(argv)}: {done.text}"
        self.told.digests.append(stage.read(shop.WEEKLY))
        # as shown, without times: with them the commit would have another name each time
        stage.push({shop.WEEKLY: self.told.digests[-1]}, "Account for a week of coverage")
        what = "account for the week, sync the register"
        self.told.events.append(Event(stage.now, what, "machine", None, tuple(self.heard())))


def play(root: Path) -> tuple[Stage, Told]:
    """The two weeks, below `root`. The stage is left as it is after them."""
    gate = Gate()
    with receiver(gate.answer) as hook, mail_server() as mailbox:
        stage = Stage(root / "cycles")
        stage.more = {
            "ALERT_WEBHOOK_URL": f"json://127.0.0.1:{hook.port}{OLD}",
            "ALERT_MAIL_URL": f"mailto://127.0.0.1:{mailbox.port}?mode=insecure&from=ci@shop.example&to=team@shop.example",
        }
        fortnight = Fortnight(stage, hook, mailbox, gate)
        _first_week(fortnight)
        fortnight.weekly(16, "2026-11-15")
        _second_week(fortnight)
        fortnight.weekly(23, "2026-11-22")
        fortnight.told.register = stage.read(shop.REGISTER)
    return stage, fortnight.told


def _first_week(fortnight: Fortnight) -> None:
    stage, told = fortnight.stage, fortnight.told
    fortnight.pushed(9, "open the shop", {**shop.START, **shop.part("cart", 45), **shop.part("ledger", 31)})
    fortnight.pushed(10, "draft invoices", shop.part("ledger", 31, draft=True))
    told.proposal = stage.script("scripts/coverage/update_exceptions.py", "--dry-run").out
    stage.work.git("apply", "coverage/exceptions.patch", env=stage.env)
    fortnight.pushed(
        11, "let drafts wait: exception EX-001", {shop.REGISTER: shop.filled_in(stage.read(shop.REGISTER), shop.PEOPLE)}
    )


def _second_week(fortnight: Fortnight) -> None:
    """A drop in the week in which the webhook's address is replaced."""
    stage, told = fortnight.stage, fortnight.told
    fortnight.gate.path = NEW
    told.drop = fortnight.pushed(17, "tidy the tests of the cart", shop.part("cart", 39)).out
    told.summary, told.metrics = stage.read("coverage/summary.md"), stage.read(TEXTFILE)
    folder = stage.work.root / "coverage"
    told.files = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    _rotate(fortnight)
    files = {**shop.part("cart", 45), **shop.part("ledger", 31, draft=True, drafted=True)}
    fortnight.pushed(19, "test the cart again, and drafts", files)


def _rotate(fortnight: Fortnight) -> None:
    stage, told = fortnight.stage, fortnight.told
    ci = stage.ci("0" * 40)
    refused = fortnight.publish("--spooled", env=ci)
    stage.more["ALERT_WEBHOOK_URL"] = f"json://127.0.0.1:{fortnight.hook.port}{NEW}"
    delivered = fortnight.publish("--spooled", env=ci)
    told.rotation = "\n".join(
        [
            "# the address was taken back at the receiver: what is to be told is refused, and kept",
            "$ covgov publish --spooled",
            refused.text.strip(),
            "# the secret store has the new one",
            "$ covgov publish --spooled",
            delivered.text.strip(),
            "$ covgov publish --spooled",
            fortnight.publish("--spooled", env=ci).text.strip() or "# nothing is left",
        ]
    )
    told.events.append(
        Event(
            stage.now, "rotate the webhook's address; deliver what was kept", "people", None, tuple(fortnight.heard())
        )
    )


def letter(envelope: Envelope) -> Mail:
    assert isinstance(envelope.content, bytes)
    letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
    body = str(letter.get_content()).replace("\r\n", "\n")
    return Mail(str(letter["from"]), ", ".join(envelope.rcpt_tos), str(letter["subject"]), timeless(body))
