"""The key that signs: made once, ours alone, and never another by accident."""

from __future__ import annotations

import stat

import pytest

from marketplace.desk.bundles.keys import FILE, SigningKeyNotRight, public_key, signing_key

# Source: RFC 8032, section 7.1, test 1.
SECRET = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"
    return settings.STATE_DIR


def test_is_made_once_and_is_ours_alone(state):
    first = public_key()
    assert stat.S_IMODE((state / FILE).stat().st_mode) == 0o600
    assert public_key() == first
    assert [each.name for each in state.iterdir()] == [FILE]


def test_is_the_one_that_is_given(settings, state):
    settings.SIGNING_KEY = SECRET.upper()
    assert public_key() == PUBLIC
    assert not state.exists()


@pytest.mark.parametrize("text", ["", "abc", SECRET[:-1], "g" * 64])
def test_is_never_another_when_what_is_kept_is_damaged(state, text):
    state.mkdir()
    (state / FILE).write_text(text)
    with pytest.raises(SigningKeyNotRight, match="STATE_DIR"):
        signing_key()


def test_is_never_another_when_what_is_given_is_no_key(settings):
    settings.SIGNING_KEY = "secret"
    with pytest.raises(SigningKeyNotRight, match="SIGNING_KEY"):
        signing_key()


def test_is_never_another_when_it_cannot_be_read(state):
    (state / FILE).mkdir(parents=True)
    with pytest.raises(SigningKeyNotRight, match="cannot be read"):
        signing_key()
