"""The made-up root, rendered once for all tests that read the result; pages in a browser."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy

from escalation.page import write

SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose reports have been rendered."""
    root = toy.make(tmp_path_factory.mktemp("toy") / "root")
    write.render(root, toy.executed())
    return root


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a fresh profile; what it asks for, says and fails at is kept in `page.heard`."""
    contexts = []

    def open_page(
        path: Path,
        *,
        screen: str = "desktop",
        scheme: str = "light",
        scripts: bool = True,
        media: str = "screen",
    ) -> Any:
        contexts.append(
            browser.new_context(viewport=SCREENS[screen], color_scheme=scheme, java_script_enabled=scripts)
        )
        page = contexts[-1].new_page()
        page.heard = []
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith("data:") or asked.url == path.as_uri()
                else page.heard.append(f"request {asked.url[:200]}")
            ),
        )
        page.on("console", lambda said: page.heard.append(f"console {said.type}: {said.text[:300]}"))
        page.on("pageerror", lambda error: page.heard.append(f"error {error}"))
        page.on("dialog", lambda dialog: (page.heard.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.emulate_media(media=media, color_scheme=scheme)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
