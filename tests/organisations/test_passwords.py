"""What a password may be."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


def test_takes_a_long_sentence():
    validate_password("many quiet orchards " * 50)


def test_refuses_one_without_end():
    with pytest.raises(ValidationError, match="no more than 1,000 characters") as refused:
        validate_password("many quiet orchards " * 51)
    assert refused.value.error_list[0].code == "password_too_long"


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PasswordPassword",
        "password-password",
        "Password1Password1",
        "passwordpassword1!",
        "qwertyqwertyqwerty",
        "letmeinletmeinlet",
        "aaaaaaaaaaaaaa",
        "abababababab!!",
        "!!!!!!!!!!!!!!",
    ],
)
def test_refuses_what_only_says_the_same_again(password):
    with pytest.raises(ValidationError, match="the same thing again and again") as refused:
        validate_password(password)
    assert "password_repeats" in {each.code for each in refused.value.error_list}


@pytest.mark.parametrize(
    "password",
    [
        "three quiet orchards",
        "orchard-lantern-orchard-lantern",
        "passwords are for castermere",
        "Aa1!Bb2?Cc3.Dd4",
    ],
)
def test_takes_what_is_more_than_that(password):
    validate_password(password)
