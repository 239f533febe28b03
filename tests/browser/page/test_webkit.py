"""The redeem page in WebKitGTK, the engine of every iPhone browser."""

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

# Selenium's own class for WebKitGTK uses a deprecated Selenium API.
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
    """A virtual screen (Xvfb)."""
    if browsers.webkit() is None:
        pytest.skip(
            "no WebKit on this machine: nothing is tested in it (python3 -m tools.browsers)"
        )
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
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
        environment = {
            **os.environ,
            "DISPLAY": screen,
            "XDG_DATA_HOME": home,
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        }
        driver = WebKitGTK(
            options=options,
            service=Service(executable_path=str(browsers.webkit()), env=environment),
        )
        driver.set_window_size(400, 800)
        yield driver
        driver.quit()


def wait_for_state(driver: WebDriver, state: str) -> None:
    # One script call, because the page may be replaced between finding and reading the element.
    WebDriverWait(driver, 20).until(
        lambda seen: seen.execute_script("return document.documentElement.dataset.state") == state
    )


# A click on a moving element misses it.
STANDS_STILL = """return document.getAnimations().every(one =>
    one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"""


def press(driver: WebDriver, name: str) -> None:
    def found(seen: WebDriver) -> bool:
        if not seen.execute_script(STANDS_STILL):
            return False
        buttons = [
            button
            for button in seen.find_elements(By.TAG_NAME, "button")
            if button.text == name and button.is_displayed()
        ]
        if buttons:
            buttons[0].click()
        return bool(buttons)

    WebDriverWait(driver, 20, ignored_exceptions=[StaleElementReferenceException]).until(found)


def test_customer_redeems_in_webkit(webkit, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=2)
    webkit.get(merchant.redeem_url(coupon))
    wait_for_state(webkit, "available")
    press(webkit, "Redeem")
    wait_for_state(webkit, "confirm")
    press(webkit, "Redeem now")
    wait_for_state(webkit, "redeemed")
    webkit.refresh()
    wait_for_state(webkit, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_page_runs_in_webkit_under_its_policy(webkit, merchant):
    webkit.get(merchant.redeem_url(merchant.coupon({"background_color": "#8a2be2"})))
    color = webkit.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert color == "rgb(138, 43, 226)"
    press(webkit, "Copy code")
