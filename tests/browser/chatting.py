"""A household in a real browser, with a scripted model behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page
from web.answering import Model, model
from web.served import Served, served

from tuppence.access.users import User
from tuppence.understudy import Play, Reply


@dataclass
class Talk:
    """A browser in which somebody talks to Tuppence."""

    served: Served
    user: User
    model: Model
    context: BrowserContext
    page: Page
    requests: list[str] = field(default_factory=list)
    """The addresses of all requests of all pages."""
    complaints: list[str] = field(default_factory=list)
    """What a browser complains about: errors of scripts, violations of the policy, dialogs."""

    def open(self, path: str = "/chat", page: Page | None = None) -> Page:
        """A page of the app; `page` or the first one."""
        shown = page or self.page
        shown.goto(self.served.base_url + path)
        return shown

    def another_page(self) -> Page:
        """A second tab."""
        page = self.context.new_page()
        watch(self, page)
        return page

    def ask(self, text: str, page: Page | None = None) -> None:
        """Type a question and press Enter."""
        field_ = (page or self.page).get_by_label("Your question")
        field_.fill(text)
        field_.press("Enter")

    def turn(self, number: int = -1, page: Page | None = None) -> Locator:
        """A turn on the page; the last one by default."""
        return (page or self.page).locator(".turn").nth(number)


def watch(talk: Talk, page: Page) -> None:
    """Note what the page fetches and what goes wrong in it."""
    page.on("request", lambda request: talk.requests.append(request.url))
    page.on("pageerror", lambda error: talk.complaints.append(str(error)))

    def dialog(one: Any) -> None:
        talk.complaints.append(f"a dialog: {one.message}")
        one.dismiss()

    def console(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            talk.complaints.append(message.text)

    page.on("dialog", dialog)
    page.on("console", console)


@contextmanager
def talking(browser: Browser, home: Path, replies: Sequence[Reply | Play | None] = ()) -> Iterator[Talk]:
    """Somebody is signed in, before a chat with nothing in it."""
    settings: dict[str, Any] = {"provider": "anthropic", "model": "understudy", "attempts": 2}
    with model(*replies) as one:
        addresses = {"ANTHROPIC_BASE_URL": one.understudy.base_url}
        keys = {"ANTHROPIC_API_KEY": "a key"}
        with served(home, keys=keys, addresses=addresses, **settings) as house:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.set_default_timeout(15_000)
            user = house.user()
            talk = Talk(house, user, one, context, context.new_page())
            watch(talk, talk.page)
            talk.page.goto(house.sign_in_address(user))
            talk.open()
            yield talk
            context.close()


Opened = Callable[..., Talk]
