"""Keys: what they look like, which one opens, what it may do and how long it is remembered."""

from dataclasses import replace

import pytest

from couponflow.domain import api_keys
from couponflow.domain.errors import ScopeMissing, Unauthenticated
from couponflow.domain.models import ApiKey
from couponflow.web.http.authentication import SECONDS_REMEMBERED, Authenticator
from tests.unit.examples import BETWEEN

SECRET = "s3cret" * 6
KEY = ApiKey("k1", "acme", api_keys.hash_secret(SECRET), frozenset({"redeem"}), created_at=BETWEEN)
WRITTEN = api_keys.format_key("k1", SECRET)


class Keys:
    """An organisation store that knows one key, and counts how often it is asked."""

    def __init__(self, key: ApiKey | None) -> None:
        self.kept, self.asked = key, 0

    def get(self, key_id: str) -> ApiKey | None:
        self.asked += 1
        return self.kept if self.kept and self.kept.key_id == key_id else None


class Timer:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def gatekeeper(key: ApiKey | None = KEY, timer=None) -> tuple[Authenticator, Keys]:
    keys = Keys(key)
    return Authenticator(keys, timer or Timer()), keys  # type: ignore[arg-type]


@pytest.mark.parametrize("header", [f"Bearer {WRITTEN}", f"bearer {WRITTEN}", f"BEARER {WRITTEN}", f"Bearer   {WRITTEN} "])
def test_a_key_opens(header):
    assert gatekeeper()[0].authenticate(header, "redeem") == KEY


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", WRITTEN, f"Basic {WRITTEN}", f"Bearer {WRITTEN} x", f"Bearer {WRITTEN},{WRITTEN}",
     f"BEARER{WRITTEN}", "Bearer cf_k1", "Bearer cf_k1_", f"Bearer cf__{SECRET}", f"Bearer xx_k1_{SECRET}",
     f"Bearer cf_K1_{SECRET}", f"Bearer cf_k1_{SECRET.upper()}", f"Bearer cf_{'k' * 41}_{SECRET}", f"Bearer cf_k1#_{SECRET}",
     "Bearer null"],
)  # fmt: skip
def test_what_can_be_no_key_is_refused_without_a_look_into_the_table(header):
    door, keys = gatekeeper()
    with pytest.raises(Unauthenticated):
        door.authenticate(header, "redeem")
    assert keys.asked == 0


def test_an_unknown_key_a_wrong_secret_and_a_revoked_key_are_refused_alike():
    wrong = api_keys.format_key("k1", "x" * 36)
    for door, header in [
        (gatekeeper(None)[0], WRITTEN),
        (gatekeeper()[0], wrong),
        (gatekeeper(replace(KEY, revoked_at=BETWEEN))[0], WRITTEN),
    ]:
        with pytest.raises(Unauthenticated) as refused:
            door.authenticate(f"Bearer {header}", "redeem")
        assert str(refused.value) == Unauthenticated.sentence
        assert not refused.value.members


@pytest.mark.parametrize("scope", ["admin", "distribute", "redeem"])
@pytest.mark.parametrize("needed", ["admin", "distribute", "redeem"])
def test_a_key_may_do_what_its_scope_says_and_admin_everything(scope, needed):
    door, _ = gatekeeper(replace(KEY, scopes=frozenset({scope})))
    if scope in ("admin", needed):
        assert door.authenticate(f"Bearer {WRITTEN}", needed)
    else:
        with pytest.raises(ScopeMissing):
            door.authenticate(f"Bearer {WRITTEN}", needed)


def test_a_revoked_key_is_remembered_for_ten_seconds_at_most_however_often_it_comes():
    timer = Timer()
    door, keys = gatekeeper(timer=timer)
    door.authenticate(f"Bearer {WRITTEN}", "redeem")
    keys.kept = replace(KEY, revoked_at=BETWEEN)
    for timer.seconds in (3, 6, 9.9):
        door.authenticate(f"Bearer {WRITTEN}", "redeem")
    timer.seconds = SECONDS_REMEMBERED
    with pytest.raises(Unauthenticated):
        door.authenticate(f"Bearer {WRITTEN}", "redeem")
    assert SECONDS_REMEMBERED <= 10


def test_of_a_secret_only_a_hash_is_kept():
    assert SECRET not in repr(KEY)
    assert api_keys.hash_secret(SECRET) != api_keys.hash_secret(SECRET[:-1])
