"""The scenes of the demo, in order; each goes on where the last one ended, and checks what it shows."""

from collections.abc import Callable

from outage_service.cli.demo import acts, people
from outage_service.cli.demo.narrator import Narrator
from outage_service.cli.demo.screen import Screen
from outage_service.cli.demo.stage import START, Stage, ensure
from outage_service.domain.systems import HelpLine


def tell(stage: Stage, screen: Screen) -> None:
    """Tells the whole story on `stage`."""
    narrator = Narrator(stage, screen)
    for scene in SCENES:
        scene(narrator)


def _opening(narrator: Narrator) -> None:
    screen = narrator.screen
    screen.moment(START, "Before anything happens")
    added = narrator.import_people(people.as_csv())
    ensure(added == len(people.IMPORTED), f"{added} of the file's people are added")
    screen.say(f"{added} subscribers are imported from CSV. They count as confirmed and get no mail.")
    narrator.subscribe(people.TRANSITAIRE)
    screen.say(f"{people.TRANSITAIRE.email} subscribes and confirms by the link in the mail received.")
    narrator.listen(HelpLine.TCCU, is_open=False)


def _delay(narrator: Narrator) -> None:
    screen = narrator.screen
    narrator.move_to(acts.DECLARED_AT, "EDI is 45 minutes behind")
    problem = narrator.refuse(acts.WRONG)
    screen.say("A start that has not come yet is refused: 422, and no number is used up.")
    screen.quote(problem["detail"], problem["code"])
    outage = narrator.declare(acts.DELAY)
    ensure(outage["number"] == "TCC26-0001", f"the first number of the year is {outage['number']}")
    narrator.expect_contingency("not_invoked")
    screen.say(f"The delay is declared: 201, {outage['number']}. It invokes no procedures.")
    narrator.delivered("initial", people.HEAR_OF_THE_DELAY, due=acts.DELAY_NEXT)
    narrator.listen(HelpLine.TCCU, is_open=True)


def _outage(narrator: Narrator) -> None:
    screen = narrator.screen
    narrator.move_to(acts.RAISED_AT, "75 minutes behind: over 60 it is an outage")
    narrator.act("updates", acts.OUTAGE)
    narrator.expect_contingency("invoked")
    screen.say("The update invokes contingency procedures; who asked for outages hears of it too.")
    narrator.delivered("update", people.HEAR_OF_THE_OUTAGE, due=acts.OUTAGE_NEXT)
    screen.say("What the three help lines say now:")
    for line in HelpLine:
        narrator.listen(line, is_open=line is HelpLine.TCCU)


def _cadence(narrator: Narrator) -> None:
    for due, following in acts.CADENCE:
        narrator.periodic(due, following, people.HEAR_OF_THE_OUTAGE)
    narrator.quiet(acts.NIGHT)
    narrator.periodic(*acts.MORNING, people.HEAR_OF_THE_OUTAGE)


def _maintenance(narrator: Narrator) -> None:
    narrator.move_to(acts.ANNOUNCED_AT, "CERS Portal work is announced for Sunday")
    planned = narrator.declare(acts.MAINTENANCE)
    narrator.screen.say("From Sunday 02:00 to 06:00; data must be transmitted two hours before, by 00:00.")
    heard = people.HEAR_OF_THE_MAINTENANCE
    entry = narrator.delivered("advance", heard, due=acts.REMINDED_AT, outage=planned)
    narrator.expect_deadline(acts.CUT_OFF, planned, entry)


def _leaving(narrator: Narrator) -> None:
    narrator.move_to(acts.LEFT_AT, "One click is enough to leave")
    letters = [letter for entry in narrator.ledger.entries for letter in entry.letters]
    last = [letter for letter in letters if letter.recipient == people.LEAVES.email][-1]
    narrator.unsubscribe(last)
    narrator.screen.say(f"{people.LEAVES.email} leaves by the link of the last mail received; none follows.")


def _ending(narrator: Narrator) -> None:
    screen = narrator.screen
    narrator.move_to(acts.IDENTIFIED_AT, "The problem is identified")
    narrator.act("updates", acts.IDENTIFIED)
    screen.say("Only now may a bulletin give an estimated time of resolution.")
    narrator.delivered("update", people.STAY, due=acts.IDENTIFIED_NEXT)
    narrator.periodic(*acts.LAST_PERIODIC, people.STAY)
    narrator.move_to(acts.RESOLVED_AT, "Resolved")
    narrator.act("resolve", acts.RESOLVED)
    narrator.expect_contingency("revoked")
    entry = narrator.delivered("resolved", people.STAY, due=None)
    for deadline in acts.DEADLINES:
        narrator.expect_deadline(deadline, narrator.outage, entry)
    narrator.listen(HelpLine.TCCU, is_open=False)
    (letter,) = (letter for letter in entry.letters if letter.recipient == people.BROKER.email)
    screen.moment(acts.RESOLVED_AT, f"The mail as {letter.recipient} received it")
    screen.letter(f"Subject: {letter.subject}\n\n{letter.text}")


def _counting(narrator: Narrator) -> None:
    screen = narrator.screen
    screen.moment(narrator.stage.clock(), "Every mail is counted")
    screen.counts(narrator.ledger.entries)
    received = narrator.ledger.close()
    delivered = sum(entry.accepted for entry in narrator.ledger.entries)
    screen.say(f"{received} mails received = {delivered} deliveries in the ledger + 1 confirmation.")
    screen.say("None is missing, and none came twice.")


SCENES: tuple[Callable[[Narrator], None], ...] = (
    _opening,
    _delay,
    _outage,
    _cadence,
    _maintenance,
    _leaving,
    _ending,
    _counting,
)
