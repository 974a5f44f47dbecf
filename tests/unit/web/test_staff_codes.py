"""Whatever code a record holds, its page has words for it in every language."""

from typing import get_args

import pytest

from services.treatment.patterns.plan import KINDS
from services.treatment.patterns.state import STATES
from services.treatment.staff_pages.routes import FOLDER
from services.treatment.timeline.points import CHANGES, PointKind
from shared.events import treatment_history as h, treatment_sessions as t
from shared.events.treatment_alerts import Level
from shared.languages import LANGUAGES, templates
from shared.staff_web.pages import FOLDER as COMMON

LISTS = (h.InjuryKind, h.ProviderKind, h.Result, h.ContraindicationScope, h.Cause, t.Side, t.Response, t.When, Level)
CODES = {*KINDS, *STATES, *CHANGES.values(), *get_args(PointKind), *(code for each in LISTS for code in get_args(each))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    macros = templates(FOLDER, language, COMMON).get_template("codes.html").module
    source = (FOLDER / "templates" / "codes.html").read_text(encoding="utf-8")
    assert {code for code in CODES if f'"{code}":' not in source} == set()
    assert all(str(macros.said(code)) for code in CODES)  # type: ignore[attr-defined]
