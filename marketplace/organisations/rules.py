"""What holds for people, roles and colours, whoever is asking. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta

from marketplace.core.actors import OrganisationKind, Role

LONGEST_TOKEN_LIFE = timedelta(days=365)
LEAST_CONTRAST = 4.5
# Source: RFC 5321, 4.5.3.1.3, less the brackets around it.
LONGEST_EMAIL = 254
TOKEN_PREFIX = "mkt_"  # noqa: S105  # what every token begins with, so that leaks can be searched for

VAT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)
# Since 2010 a number may fall 55 short of a multiple of 97 (HMRC calls the method 9755).
VAT_REMAINDERS = (0, 97 - 55)
VAT_TRADER = re.compile(r"GB([0-9]{7})([0-9]{2})([0-9]{3})?")
VAT_GOVERNMENT = re.compile(r"GB(GD[0-4]|HA[5-9])[0-9]{2}")
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?|GIR)([0-9][A-Z]{2})")
TELEPHONE = re.compile(r"\+?[0-9 ()./-]+( ?(ext\.?|x) ?[0-9]{1,6})?", re.IGNORECASE)
LEAST_DIGITS = 7

_VAT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)
# What the weighted digits and the last two leave of 97: in numbers of old, and of those since 2010.
_VAT_REMAINDERS = (0, 97 - 55)

COUNCIL_ROLES = tuple(role for role in Role if role is not Role.SUPPLIER)


def mailbox(email: str) -> str:
    """Return the mailbox that an address reaches, as far as the address tells.

    Why: mail servers put whatever stands behind a plus into the box before it, so "pat+2@" is Pat
    again. Source: RFC 5233, subaddressing.

    >>> mailbox("Pat+2@Example.com"), mailbox("pat@example.com")
    ('pat@example.com', 'pat@example.com')
    """
    name, _at, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def roles_for(kind: OrganisationKind | str) -> tuple[Role, ...]:
    """Return the roles that people of a kind of organisation may hold.

    Why: a supplier's person with a council's role would pass every check of that role.
    """
    return COUNCIL_ROLES if OrganisationKind(kind) is OrganisationKind.COUNCIL else (Role.SUPPLIER,)


def keeper_role(kind: OrganisationKind | str) -> Role:
    """Return the role that looks after an organisation's people.

    Why: a council has administrators; in a supplier's small office everybody is trusted alike.
    """
    council = OrganisationKind(kind) is OrganisationKind.COUNCIL
    return Role.ADMINISTRATOR if council else Role.SUPPLIER


def needs_limit(roles: Iterable[Role | str]) -> bool:
    """Tell whether somebody with these roles may have an approval limit.

    Why: a limit without the role would come to life by itself when the role is given later.
    """
    return Role.APPROVER in map(Role, roles)


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of a colour, as #rrggbb, with white, from 1 to 21.

    Source: WCAG 2.2, definitions of relative luminance and contrast ratio.

    >>> round(contrast_with_white("#1d70b8"), 2)
    5.17
    """
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def vat_number_of(typed: str) -> str | None:
    """Return a British VAT number as it is printed, like GB999000103; None when it is none.

    Shapes: nine digits, twelve for a branch, or GD and HA numbers of government and health.
    Source: HMRC, VAT registration number format: modulus 97, in its older and its newer form.

    >>> vat_number_of("gb 999 0001 03")
    'GB999000103'
    >>> vat_number_of("GB123") is None
    True
    """
    number = "".join(typed.split()).upper()
    if not number.startswith("GB"):
        number = f"GB{number}"
    if VAT_GOVERNMENT.fullmatch(number):
        return number
    parts = VAT_TRADER.fullmatch(number)
    if parts is None or not number.isascii():
        return None
    pairs = zip(parts[1], VAT_WEIGHTS, strict=True)
    total = sum(int(digit) * weight for digit, weight in pairs) + int(parts[2])
    return number if int(parts[1]) and total % 97 in VAT_REMAINDERS else None


def postcode_of(typed: str) -> str | None:
    """Return a British postcode in capitals with one space; None when it has no such shape.

    Source: Royal Mail, Programmers' Guide to the PAF, formats of postcodes.

    >>> postcode_of("zz11zz")
    'ZZ1 1ZZ'
    """
    parts = POSTCODE.fullmatch("".join(typed.split()).upper())
    return f"{parts[1]} {parts[2]}" if parts else None


def is_telephone_number(typed: str) -> bool:
    """Tell whether somebody could dial this: digits and what people write between them.

    Why: it is printed on every order; numbers abroad and extensions differ too much to check more.
    """
    digits = sum(character.isdigit() for character in typed)
    return digits >= LEAST_DIGITS and TELEPHONE.fullmatch(typed) is not None


def plain_vat_number(text: str) -> str | None:
    """Return a VAT number as GB and its digits, "" for none, or None where it cannot be one.

    Shapes: nine digits, or twelve for a branch, with or without GB and spaces.
    Source: HMRC, VAT registration number format, modulus 97.

    >>> plain_vat_number("980 7806 84"), plain_vat_number("GB980780685"), plain_vat_number(" ")
    ('GB980780684', None, '')
    """
    number = "".join(text.split()).upper().removeprefix("GB")
    if not number:
        return ""
    if not (number.isascii() and number.isdigit() and len(number) in {9, 12}):
        return None
    weighted = sum(map(int.__mul__, map(int, number[:7]), _VAT_WEIGHTS))
    is_right = (weighted + int(number[7:9])) % 97 in _VAT_REMAINDERS
    return f"GB{number}" if is_right else None


def token_hash(secret: str) -> str:
    """Return what we keep of a token.

    Why: a plain SHA-256 suffices, since a token has 256 random bits that nobody can guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
