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
