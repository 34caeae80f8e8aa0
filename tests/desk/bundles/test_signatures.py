"""The verifier's own Ed25519, before the standard's examples and a stranger's library."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.desk.bundles import verify_bundle
from marketplace.desk.bundles.verify_bundle import is_signed

# Public key, message, signature. Source: RFC 8032, section 7.1, tests 1, 2, 3 and SHA(abc).
EXAMPLES = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
        "feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
        "31e0303dca179c138ac17ad9bef1177331a704",
    ),
]


def parts(example):
    return tuple(bytes.fromhex(each) for each in example)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_standards_examples_hold(example):
    assert is_signed(*parts(example))


@pytest.mark.parametrize("example", EXAMPLES)
def test_and_not_with_anything_changed(example):
    key, message, signature = parts(example)
    assert not is_signed(key, message + b"x", signature)
    for place in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not is_signed(key, message, bytes(changed))
    other = parts(EXAMPLES[(EXAMPLES.index(example) + 1) % 4])[0]
    assert not is_signed(other, message, signature)


def test_a_second_signature_for_the_same_is_refused():
    """The scalar must be below the order of the group, or anybody could write another."""
    key, message, signature = parts(EXAMPLES[1])
    scalar = int.from_bytes(signature[32:], "little") + verify_bundle.Q
    assert not is_signed(key, message, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_has_not_the_length_is_refused(length):
    key, message, signature = parts(EXAMPLES[0])
    assert not is_signed((key * 2)[:length], message, signature)
    assert not is_signed(key, message, (signature * 2)[: length * 2])
    assert not is_signed(b"\xff" * 32, message, signature)


@settings(max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_agrees_with_a_strangers_library(seed, message):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = private.public_key().public_bytes_raw()
    assert is_signed(key, message, private.sign(message))
    assert not is_signed(key, message + b".", private.sign(message))
