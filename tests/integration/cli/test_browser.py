"""A page without any library signs in, reloads, books and signs out, in Chromium and against the real server."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from tests.integration.cli.conftest import SECONDS
from tests.support.cli.portal_command import PortalCommand

PAGE = Path(__file__).parents[3] / "docs" / "examples" / "browser" / "page.html"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = [pytest.mark.timeout(SECONDS), pytest.mark.waits]


@pytest.fixture
async def browser(serving: PortalCommand) -> AsyncIterator[BrowserContext]:
    """A browser that gets the page from the portal's own address."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("PORTAL_REQUIRE_ALL"):
            pytest.fail("install Debian's chromium")
        pytest.skip("needs Chromium, Debian's package chromium")

    async def send(route: Route) -> None:
        await route.fulfill(path=PAGE, content_type="text/html")

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = await chromium.new_context(base_url=serving.url)
        context.set_default_timeout(60_000)
        await context.route("**/page", send)
        yield context
        await chromium.close()


async def opened(browser: BrowserContext, errors: list[str]) -> Page:
    page = await browser.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto("/page")
    return page


async def test_page_signs_in_reloads_in_two_tabs_books_and_signs_out(
    browser: BrowserContext, serving: PortalCommand
) -> None:
    errors: list[str] = []
    first = await opened(browser, errors)
    await first.get_by_label("Email").fill(serving.demo["client"])
    await first.get_by_label("Password").fill(serving.demo["client_password"])
    await first.get_by_role("button", name="Sign in").click()
    await expect(first.get_by_role("heading")).to_have_text("Mira Okafor")
    second = await opened(browser, errors)
    for page in (first, second, first):
        await page.reload()
        await expect(page.get_by_role("heading")).to_have_text("Mira Okafor")
    await second.get_by_role("button", name="Book").click()
    await expect(second.get_by_role("status")).to_contain_text("booked: 20")
    await first.get_by_role("button", name="Sign out").click()
    await expect(first.get_by_label("Email")).to_be_visible()
    await second.reload()
    await expect(second.get_by_label("Email")).to_be_visible()
    assert errors == []
    assert await browser.cookies() == []
