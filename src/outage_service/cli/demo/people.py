"""The subscribers of the demo, and by hand who is to get what (R14)."""

from outage_service.cli.demo.ledger import Person
from outage_service.domain.texts import Language

BROKER = Person("broker@example.org", Language.EN, ",")
COURTIER = Person("courtier@example.ca", Language.FR, "edi;emanifest,")
CARRIER = Person("carrier@example.org", Language.EN, "edi,delay")
ENTREPOT = Person("entrepot@example.ca", Language.FR, "edi,outage")
EXPORTER = Person("exporter@example.org", Language.EN, "cers,scheduled")
IMPORTER = Person("importer@example.org", Language.EN, "ccp,")
IMPORTED = (BROKER, COURTIER, CARRIER, ENTREPOT, EXPORTER, IMPORTER)

TRANSITAIRE = Person("transitaire@example.ca", Language.FR, "edi;cers,")
"""Subscribes by the public API, with double opt-in."""

HEAR_OF_THE_DELAY = (BROKER, COURTIER, CARRIER, TRANSITAIRE)
HEAR_OF_THE_OUTAGE = (*HEAR_OF_THE_DELAY, ENTREPOT)
"""It was a delay before: who heard of that hears of the end."""
HEAR_OF_THE_MAINTENANCE = (BROKER, EXPORTER, TRANSITAIRE)
LEAVES = COURTIER
STAY = tuple(person for person in HEAR_OF_THE_OUTAGE if person is not LEAVES)


def as_csv() -> str:
    """Returns the file that is imported."""
    rows = [f"{person.email},{person.language},{person.line}" for person in IMPORTED]
    return "\n".join(["email,language,systems,kinds", *rows]) + "\n"
