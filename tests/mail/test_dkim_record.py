"""DNS records of DKIM keys: written as zone files take them, judged as receivers do."""

import re

import pytest

from newsletter.mail.dkim_record import Algorithm, DkimRecord
from tests.mail.dkim_judges import record_of, signing_key

RECORD = DkimRecord.of_key(
    domain="example.org", selector="s1", algorithm=Algorithm.RSA, public_key="QUJD"
)
NAME = "s1._domainkey.example.org"


def test_a_record_says_version_kind_and_key() -> None:
    assert (RECORD.name, RECORD.value) == (NAME, "v=DKIM1; k=rsa; p=QUJD")
    assert RECORD.zone_line == f'{NAME}. IN TXT ( "v=DKIM1; k=rsa; p=QUJD" )'


def test_a_long_key_is_split_into_strings_of_255_octets() -> None:
    record = record_of(signing_key(Algorithm.RSA))
    assert len(record.value) > 255
    strings = re.findall('"([^"]*)"', record.zone_line)
    assert [len(one) for one in strings] == [255, len(record.value) - 255]
    assert "".join(strings) == record.value


@pytest.mark.parametrize(
    "published",
    [
        [RECORD.value],
        ["v=DKIM1;k=rsa;p=QUJD;"],
        ["p=QU JD"],  # version and kind have these defaults
        ["v=DKIM1; t=s; h=sha1:sha256; s=email; n=ours; p=QUJD"],
        ["v=spf1 -all", RECORD.value],  # no key
    ],
)
def test_a_record_may_be_written_in_other_ways(published: list[str]) -> None:
    assert RECORD.problem_with(published) == ""


@pytest.mark.parametrize(
    ("published", "problem"),
    [
        ([], f"DNS has no DKIM key at {NAME}."),
        (["v=spf1 -all"], f"DNS has no DKIM key at {NAME}."),
        ([RECORD.value, RECORD.value], f"DNS has 2 DKIM keys at {NAME}; one is allowed."),
        (["v=DKIM2; p=QUJD"], f"The record at {NAME} does not begin with v=DKIM1."),
        (["v=DKIM1; p="], f"The record at {NAME} says that its key was withdrawn."),
        (["v=DKIM1; p=QUJE"], f"DNS has another key at {NAME} than this one."),
        (["v=DKIM1; k=ed25519; p=QUJD"], f"DNS has another key at {NAME} than this one."),
        (["h=sha1; p=QUJD"], f"The record at {NAME} does not allow SHA-256."),
        (["s=tlsrpt; p=QUJD"], f"The record at {NAME} is not meant for mail."),
    ],
)
def test_what_keeps_receivers_from_checking_is_said(published: list[str], problem: str) -> None:
    assert RECORD.problem_with(published) == problem
