"""The client's page behind a link, used as a browser would: read it, press a button it has, follow where that leads."""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

LINK = re.compile(r"https?://\S+/[cl]/[\w.-]+")


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What each of its buttons would send besides, by name."""


class Reader(HTMLParser):
    """Collects what a page says in its main part, and its forms with the values that they would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"main", "form"}:
            self.within.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif "form" in self.within and tag in {"input", "button"} and given.get("name"):
            self.forms[-1].values[given["name"]] = given.get("value", "")
            if tag == "button":
                self.forms[-1].choices[given["name"]].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.within:
            self.within.remove(tag)

    def handle_data(self, data: str) -> None:
        if "main" in self.within and data.strip():
            self.words.append(" ".join(data.split()))


def link_in(text: str) -> str | None:
    """The client's link in the text of a message."""
    found = LINK.search(text)
    return found.group() if found else None


def read(url: str) -> httpx.Response:
    return httpx.get(url, timeout=30, trust_env=False)


def button(page: httpx.Response, leads_to: str) -> Form | None:
    """The page's form that posts to an address with this ending."""
    forms = Reader(page.text).forms
    return next((form for form in forms if form.method == "post" and form.action.endswith(leads_to)), None)


def choice(page: httpx.Response, name: str, value: str) -> Form | None:
    """The page's form as the button sends it that stands for a value."""
    forms = [form for form in Reader(page.text).forms if value in form.choices[name]]
    return replace(forms[0], values=forms[0].values | {name: value}) if forms else None


def press(page: httpx.Response, form: Form) -> httpx.Response:
    """The answer to pressing a button."""
    url = urljoin(str(page.url), form.action)
    return httpx.post(url, data=form.values, headers={"Origin": origin(url)}, timeout=30, trust_env=False)


def follow(answer: httpx.Response) -> httpx.Response:
    """The page that an answer sends the browser to."""
    return read(urljoin(str(answer.url), answer.headers["Location"]))


def origin(url: str) -> str:
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"
