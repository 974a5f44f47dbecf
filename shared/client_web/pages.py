"""Pages as a client reads them: complete without script, picture or second request, in the client's language."""

from functools import partial
from pathlib import Path
from typing import Any

from babel import Locale
from markupsafe import Markup

from shared.languages import templates
from shared.web.look import style
from shared.web.words import Words

FOLDER = Path(__file__).parent


def rendered(folder: Path, template: str, locale: Locale, **values: Any) -> str:
    """A page of the templates in `<folder>/templates`; with the `style` that all have in common, or another one."""
    environment = templates(folder, locale.language, FOLDER)
    known = {
        "language": locale.language,
        "style": Markup(style()),  # noqa: S704 - our own file
        "words": Words(locale),
    }
    return environment.get_template(template).render(known | values)


common = partial(rendered, FOLDER)
"""A page that all services have."""
