"""The wording of warnings to operators, from `warnings.yaml`."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from outage_service.content.catalogue import Complete
from outage_service.domain.texts import Bilingual
from outage_service.domain.warnings import WarningCode

_FILE = Path(__file__).resolve().parent / "warnings.yaml"


def warning_text(code: WarningCode) -> Bilingual:
    """Returns a warning in both languages."""
    return _texts()[code]


@cache
def _texts() -> dict[WarningCode, Bilingual]:
    texts: TypeAdapter[dict[WarningCode, Bilingual]] = TypeAdapter(Complete[WarningCode, Bilingual])
    return texts.validate_python(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
