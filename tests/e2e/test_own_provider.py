"""A chain's own identity provider with real processes and a real browser: it lets in whom it knows, here and there."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.embedded.processes import free_port
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.browser import phone
from tests.support.foreign import DESK, NOBODY, OWNER, ForeignProvider, running
from tests.support.processes import Launcher, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
RULES = [{"group": "owners", "role": "chain_admin"}, {"group": "desk", "role": "front_desk"}]


@dataclass(frozen=True)
class System:
    """Two services that run, two chains, and the provider of the first."""

    launch: Launcher
    scheduling: str
    treatment: str
    other: Chain
    provider: ForeignProvider
    admin: str

    def status(self, url: str, token: str) -> int:
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code

    def here(self, token: str) -> int:
        return self.status(f"{self.scheduling}/v1/chain", token)

    def there(self, token: str) -> int:
        return self.status(f"{self.treatment}/v1/catalogue/targets", token)

    def put(self, **changed: object) -> None:
        headers = {"Authorization": f"Bearer {self.admin}", "If-Match": "*"}
        body = self.provider.settings(roles=RULES, **changed)
        answer = httpx.put(f"{self.scheduling}/v1/identity-provider", json=body, headers=headers, trust_env=False)
        assert answer.status_code == httpx.codes.OK, answer.text


@pytest.fixture
def system(launch: Launcher, keys: Keys) -> Iterator[System]:
    port = free_port()
    settings = Settings.read(launch.environ)
    settings.folder.mkdir()
    url = settings.address.scheduling_url
    launch.environ = {
        **launch.environ,
        **keys.variables(settings.folder),
        "SYNERGIST_ISSUER": f"http://127.0.0.1:{port}",
        "SYNERGIST_ISSUER_PORT": str(port),
        "SYNERGIST_CLIENT_SECRET": "a secret for tests",
        "SYNERGIST_PUBLIC_URL": url,
    }
    app = create_app(Settings.read(launch.environ))
    with closing(app.extensions[EXTENSION]) as parts:
        north, south = (
            Chain(app, keys, create_chain(parts.database, slug, f"Demo {slug}"), f"http://127.0.0.1:{port}")
            for slug in ("north", "south")
        )
        north.clinic(name="Demo North")
    address = settings.address
    scheduling = launch("scheduling", "api", port=address.scheduling_port)
    treatment = launch("treatment", "api", port=address.treatment_port)
    launch("scheduling", "relay")
    launch("treatment", "consume")
    scheduling.wait_ready()
    treatment.wait_ready()
    callback = f"{url}/staff/signed-in/north"
    with running(ForeignProvider(), callback=callback, after_sign_out=f"{url}/staff/sign-in") as provider:
        yield System(launch, scheduling.url, treatment.url, south, provider, north.admin.token)


def test_a_chain_signs_in_at_its_own_provider_until_it_says_otherwise(system: System, browser: Browser) -> None:
    owner = system.provider.token(OWNER)
    assert (system.here(owner), system.there(owner)) == (401, 401)
    system.put()
    assert system.here(owner) == httpx.codes.OK
    wait_until(lambda: system.there(owner) == httpx.codes.OK, what="treatment has heard of the provider")
    assert system.there(system.provider.token(NOBODY)) == httpx.codes.FORBIDDEN
    elsewhere = system.provider.token(OWNER, chain_id=str(system.other.id))
    assert (system.here(elsewhere), system.there(elsewhere)) == (401, 401)
    with phone(browser) as page:
        page.goto(f"{system.scheduling}/staff/sign-in/north")
        page.get_by_role("link", name="Sign in", exact=True).click()
        expect(page.get_by_text("for development only")).to_be_visible()
        assert page.url.startswith(system.provider.issuer)
        page.get_by_role("button", name=DESK.name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        expect(page.get_by_text(DESK.name)).to_be_visible()
        system.put(enabled=False)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Demo north")
    assert system.here(owner) == httpx.codes.UNAUTHORIZED
    wait_until(lambda: system.there(owner) == httpx.codes.UNAUTHORIZED, what="treatment has heard of its end")
    assert system.launch.run("chain", "issuers").stdout.strip() == f"north {system.provider.issuer}"
    assert system.launch.run("chain", "disconnect", "--slug", "north").stdout.strip() == system.provider.issuer
    assert system.launch.run("chain", "issuers").stdout == ""
