"""The engine of every browser on an iPhone, as WebKitGTK has it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import WebKitGTK, WebKitGTKOptions
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.service import Service

from tools import browsers

# Selenium's own class uses what Selenium itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")

MINI_BROWSER = next(
    (
        path
        for machine in ("x86_64", "aarch64")
        if os.path.exists(path := f"/usr/lib/{machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser")
    ),
    None,
)


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A screen that nobody sees."""
    if browsers.webkit() is None:
        pytest.skip("no WebKit on this machine: nothing is tested in it (python3 -m tools.browsers)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as said:
        yield f":{said.readline().strip()}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def webkit(screen: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebDriver]:
    options = WebKitGTKOptions()
    if MINI_BROWSER:
        options.binary_location = MINI_BROWSER
        options.add_argument("--automation")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DISPLAY": screen, "XDG_DATA_HOME": home, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        driver = WebKitGTK(options=options, service=Service(executable_path=str(browsers.webkit()), env=environment))
        driver.set_window_size(400, 800)
        yield driver
        driver.quit()


def state_is(driver: WebDriver, state: str) -> None:
    # In one step: between finding the element and asking it, the page may give way to the next.
    WebDriverWait(driver, 20).until(lambda seen: seen.execute_script("return document.documentElement.dataset.state") == state)


# A click on what still moves lands beside it.
STANDS_STILL = """return document.getAnimations().every(one =>
    one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"""


def press(driver: WebDriver, name: str) -> None:
    def found(seen: WebDriver) -> bool:
        if not seen.execute_script(STANDS_STILL):
            return False
        buttons = [
            button for button in seen.find_elements(By.TAG_NAME, "button") if button.text == name and button.is_displayed()
        ]
        if buttons:
            buttons[0].click()
        return bool(buttons)

    WebDriverWait(driver, 20, ignored_exceptions=[StaleElementReferenceException]).until(found)


def test_a_customer_with_an_iphones_engine_redeems(webkit, shop):
    coupon = shop.coupon(max_redemptions_per_customer=2)
    webkit.get(shop.link(coupon))
    state_is(webkit, "available")
    press(webkit, "Redeem")
    state_is(webkit, "confirm")
    press(webkit, "Redeem now")
    state_is(webkit, "redeemed")
    webkit.refresh()
    state_is(webkit, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_what_is_no_offence_to_the_policy_runs_in_it(webkit, shop):
    webkit.get(shop.link(shop.coupon(page={"background_color": "#8a2be2"})))
    color = webkit.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert color == "rgb(138, 43, 226)"
    press(webkit, "Copy code")
