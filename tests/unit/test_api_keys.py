"""API keys: format, verification, scopes, and how long an environment caches them."""

from dataclasses import replace

import pytest

from couponflow.domain import api_keys
from couponflow.domain.errors import ScopeMissing, Unauthenticated
from couponflow.domain.models import ApiKey
from couponflow.web.http.authentication import SECONDS_REMEMBERED, Authenticator
from tests.unit.examples import BETWEEN

SECRET = "s3cret" * 6
KEY = ApiKey("k1", "acme", api_keys.hash_secret(SECRET), frozenset({"redeem"}), created_at=BETWEEN)
KEY_TEXT = api_keys.format_key("k1", SECRET)


class Keys:
    """A key store with one key; counts its reads."""

    def __init__(self, key: ApiKey | None) -> None:
        self.kept, self.asked = key, 0

    def get(self, key_id: str) -> ApiKey | None:
        self.asked += 1
        return self.kept if self.kept and self.kept.key_id == key_id else None


class Timer:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def authenticator_and_store(key: ApiKey | None = KEY, timer=None) -> tuple[Authenticator, Keys]:
    keys = Keys(key)
    return Authenticator(keys, timer or Timer()), keys  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "header",
    [f"Bearer {KEY_TEXT}", f"bearer {KEY_TEXT}", f"BEARER {KEY_TEXT}", f"Bearer   {KEY_TEXT} "],
)
def test_valid_key_authenticates(header):
    assert authenticator_and_store()[0].authenticate(header, "redeem") == KEY


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", KEY_TEXT, f"Basic {KEY_TEXT}", f"Bearer {KEY_TEXT} x",
    f"Bearer {KEY_TEXT},{KEY_TEXT}",
     f"BEARER{KEY_TEXT}", "Bearer cf_k1", "Bearer cf_k1_", f"Bearer cf__{SECRET}",
     f"Bearer xx_k1_{SECRET}",
     f"Bearer cf_K1_{SECRET}", f"Bearer cf_k1_{SECRET.upper()}", f"Bearer cf_{'k' * 41}_{SECRET}",
     f"Bearer cf_k1#_{SECRET}",
     "Bearer null"],
)  # fmt: skip
def test_malformed_key_is_refused_without_reading_the_table(header):
    authenticator, keys = authenticator_and_store()
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(header, "redeem")
    assert keys.asked == 0


def test_unknown_wrong_and_revoked_keys_get_the_same_refusal():
    wrong = api_keys.format_key("k1", "x" * 36)
    for authenticator, header in [
        (authenticator_and_store(None)[0], KEY_TEXT),
        (authenticator_and_store()[0], wrong),
        (authenticator_and_store(replace(KEY, revoked_at=BETWEEN))[0], KEY_TEXT),
    ]:
        with pytest.raises(Unauthenticated) as refused:
            authenticator.authenticate(f"Bearer {header}", "redeem")
        assert str(refused.value) == Unauthenticated.sentence
        assert not refused.value.members


@pytest.mark.parametrize("scope", ["admin", "distribute", "redeem"])
@pytest.mark.parametrize("needed", ["admin", "distribute", "redeem"])
def test_key_is_limited_to_its_scope_except_admin(scope, needed):
    authenticator, _ = authenticator_and_store(replace(KEY, scopes=frozenset({scope})))
    if scope in ("admin", needed):
        assert authenticator.authenticate(f"Bearer {KEY_TEXT}", needed)
    else:
        with pytest.raises(ScopeMissing):
            authenticator.authenticate(f"Bearer {KEY_TEXT}", needed)


def test_revoked_key_is_cached_for_at_most_ten_seconds():
    timer = Timer()
    authenticator, keys = authenticator_and_store(timer=timer)
    authenticator.authenticate(f"Bearer {KEY_TEXT}", "redeem")
    keys.kept = replace(KEY, revoked_at=BETWEEN)
    for timer.seconds in (3, 6, 9.9):
        authenticator.authenticate(f"Bearer {KEY_TEXT}", "redeem")
    timer.seconds = SECONDS_REMEMBERED
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(f"Bearer {KEY_TEXT}", "redeem")
    assert SECONDS_REMEMBERED <= 10


def test_only_the_hash_of_a_secret_is_stored():
    assert SECRET not in repr(KEY)
    assert api_keys.hash_secret(SECRET) != api_keys.hash_secret(SECRET[:-1])
