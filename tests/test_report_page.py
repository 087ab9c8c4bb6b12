"""The page in a real Chromium, opened from a file: what it shows, and that it runs nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from suite.report.html import write_page
from tests.page_runs import make_changed_run, make_hostile_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.integration]

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPEN_ALL = """() => {
  for (let i = 0; i < 50 && !document.getElementById("more").hidden; i++)
    document.getElementById("more").click();
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  document.querySelectorAll("#rows button").forEach((each) => each.click());
  document.querySelectorAll("#rows .texts button").forEach((each) => each.click());
}"""
IDS = "() => [...document.querySelectorAll('#rows > tr:not(.detail) button')].map(b => b.innerText)"


@dataclass
class Opened:
    """A page and what came of opening it."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """Return the texts of a column of the table."""
        found: list[str] = self.page.locator(f"#rows td.{name}").all_inner_texts()
        return found

    def ids(self) -> list[str]:
        """Return the cases in the table."""
        found: list[str] = self.page.evaluate(IDS)
        return found

    def wait_for_rows(self, count: int) -> None:
        """Wait until a search, which waits for the end of typing, has narrowed the table."""
        from playwright.sync_api import expect

        expect(self.page.locator("#rows > tr")).to_have_count(count, timeout=60_000)

    def assert_quiet(self) -> None:
        """Nothing was fetched, complained about, or put up as a dialog."""
        assert (self.complaints, self.requests) == ([], [self.url])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not os.environ.get("GOLDGATE_NEED_CHROMIUM"):
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    runs = {"changed": make_changed_run(), "hostile": make_hostile_run()}
    written = {
        name: write_page(folder / name, run, baselines, cases.values())
        for name, (run, baselines, cases) in runs.items()
    }
    return {name: path.as_uri() for name, path in written.items()}


@pytest.fixture
def open_page(browser: Browser, pages: dict[str, str]) -> Iterator[Any]:
    contexts = []

    def open_one(name: str, width: int = 1280, **settings: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        context.set_default_timeout(120_000)  # machines are busy
        contexts.append(context)
        opened = Opened(context.new_page(), pages[name])
        page = opened.page
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))

        def refuse(dialog: Any) -> None:
            opened.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        page.goto(opened.url)
        return opened

    yield open_one
    for context in contexts:
        context.close()


def test_it_opens_without_a_complaint_or_a_request(open_page: Any) -> None:
    opened = open_page("changed")
    assert opened.page.title() == "FAIL · goldgate r"
    assert opened.page.locator("#shown").inner_text() == "100 of 130 rows"
    opened.assert_quiet()


def test_rows_are_filtered_by_verdict_reason_tag_and_text(open_page: Any) -> None:
    opened = open_page("changed")
    page = opened.page
    page.select_option("#f-reason", "no_json")
    assert opened.ids() == ["c002", "c005", "c006", "c007", "c008", "c009"]
    page.select_option("#f-tag", "odd")
    assert opened.ids() == ["c005", "c007", "c009"]
    page.select_option("#f-verdict", "known failure")
    page.fill("#f-text", "say C007")  # of the prompt, in any case
    opened.wait_for_rows(1)
    assert opened.ids() == ["c007"]
    assert page.locator("#shown").inner_text() == "1 of 1 rows that match, of 130"
    page.click("button[type=reset]")
    opened.wait_for_rows(100)
    page.click("#more")
    assert len(opened.ids()) == 130
    assert page.locator("#more").is_hidden()
    opened.assert_quiet()


def test_a_reason_leads_to_its_cases(open_page: Any) -> None:
    opened = open_page("changed")
    opened.page.fill("#f-text", "nothing has this")
    opened.page.click("[data-reason=no_verdict]")
    assert opened.ids() == ["c003"]
    opened.page.click("[data-reason='invalid_json:bare_word']")
    assert opened.ids() == ["c000"]


def test_a_row_opens_to_prompt_golden_and_answer_and_closes(open_page: Any) -> None:
    opened = open_page("changed")
    row = opened.page.locator("#rows button", has_text="c000")
    row.click()
    figures = opened.page.locator("#rows .detail figure").all_inner_texts()
    assert [text.split("\n") for text in figures] == [
        ["prompt", "Say c000."],
        ["accepted", '{"n": 1}'],
        ["now", '{"n": one}'],
    ]
    row.click()
    assert opened.page.locator("#rows .detail").count() == 0


def test_differences_stand_side_by_side_or_one_below_the_other(open_page: Any) -> None:
    page = open_page("changed").page
    flip = page.locator(".flip", has_text="c000")
    flip.evaluate("(each) => { each.open = true; }")
    old, new = flip.locator(".old"), flip.locator(".new")
    assert old.bounding_box()["y"] == new.bounding_box()["y"]
    page.click("#layout")
    assert old.bounding_box()["y"] < new.bounding_box()["y"]
    assert old.bounding_box()["x"] == new.bounding_box()["x"]
    page.click("#layout")
    assert old.bounding_box()["y"] == new.bounding_box()["y"]
    assert flip.locator("mark").all_inner_texts() == ["1", "one"]


def test_all_differences_open_and_close_at_once(open_page: Any) -> None:
    page = open_page("changed").page
    total = page.locator(".flip").count()
    page.click("#unfold")
    assert page.locator(".flip[open]").count() == total == 5
    page.click("#unfold")
    assert page.locator(".flip[open]").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_texts_do_not_run_and_do_not_break_the_layout(open_page: Any, width: int) -> None:
    opened = open_page("hostile", width)
    page = opened.page
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, embed, base, [onload], [onerror]").count() == 0
    assert page.locator("#rows .detail").count() == len(make_hostile_run()[0].results)
    opened.assert_quiet()


def test_a_long_text_is_shown_in_full_on_demand(open_page: Any) -> None:
    opened = open_page("hostile")
    page = opened.page
    page.fill("#f-text", "one_long_line")
    opened.wait_for_rows(1)
    page.click("#rows button")
    answer = page.locator("#rows figure", has_text="answer")
    assert len(answer.locator("pre").inner_text()) < 1_300
    answer.locator("button").click()
    assert len(answer.locator("pre").inner_text()) == 20_000
    assert "20000 of 2000000 characters; all are in samples.jsonl" in answer.inner_text()


def test_it_is_readable_without_scripts(open_page: Any) -> None:
    page = open_page("changed", java_script_enabled=False).page
    assert page.locator("h1").inner_text() == "1 of 2 gates failed: no_regression."
    assert "samples.jsonl" in page.locator("#cases").inner_text()
    assert page.locator("#filters").is_hidden()


def test_dark_follows_the_system_and_paper_is_white(open_page: Any) -> None:
    page = open_page("changed", color_scheme="dark").page
    color = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(color) == "rgb(14, 17, 22)"
    page.emulate_media(media="print")
    assert page.evaluate(color) == "rgb(255, 255, 255)"
    assert page.locator("#filters").is_hidden()
    assert page.pdf()[:5] == b"%PDF-"
