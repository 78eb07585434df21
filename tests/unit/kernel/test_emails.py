"""Emails: what is taken, and the one form in which each is stored and sent to."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal_core.kernel.contact import InvalidEmail, normalize_email

ATOMS = st.text("abcxyzABC0189!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=12)
LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
LOCALS = st.lists(ATOMS, min_size=1, max_size=4).map(".".join)
IDN_LABELS = st.text(
    st.characters(categories=["Ll", "Lu", "Lo", "Lm", "Mn", "Mc", "Nd"]) | st.just("-"), min_size=1, max_size=8
)


def domain_of(length: int) -> str:
    """A domain of that many characters, whose labels are at most 63 long."""
    labels, rest = [], length - len(".org")
    while rest > 63:
        labels.append("b" * 61)
        rest -= 62
    return ".".join([*labels, "c" * rest, "org"])


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann@EXAMPLE.org\n", "ann@example.org"),
        ("ann+portal@sub.example.co.uk", "ann+portal@sub.example.co.uk"),
        ("o'neil_{x}@example.org", "o'neil_{x}@example.org"),
        ("a.b.c@example.org", "a.b.c@example.org"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@1.2.example", "ann@1.2.example"),
        ("\u212aate@example.org", "kate@example.org"),
        ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
        ("Ann@BU\u0308CHER.example ", "ann@xn--bcher-kva.example"),
        ("ann@stra\u00dfe.example", "ann@xn--strae-oqa.example"),
        ("ann@\u039f\u0394\u039f\u03a3.example", "ann@xn--pxavbq.example"),
        ("ann@\u4f8b\u3048.xn--zckzah", "ann@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_email_normalization(typed: str, normalized: str) -> None:
    assert normalize_email(typed) == normalized


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "ann@example",
        "ann@example.",
        "ann@.example.org",
        "ann@example..org",
        "ann@-example.org",
        "ann@example-.org",
        "ann@exa_mple.org",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        ".ann@example.org",
        "ann.@example.org",
        "ann..lee@example.org",
        '"ann lee"@example.org',
        "a nn@example.org",
        "ann@exa mple.org",
        "ann@@example.org",
        "ann@example.org, bob@example.org",
        "a@b.org,c@d.org",
        "ann@example.org\nBcc: eve@example.org",
        "Ann <ann@example.org>",
        "\x00@example.org",
        "\ud800@example.org",
        "a\u200b@example.org",
        "jos\u00e9@example.org",
        "ann@\u2603.example",
        "ann@a\ufe0fb.example",
        "ann@\u0301b.example",
        "ann@ab--\u00fc.example",
        "ann@l\u00b7l.example",
        "ann@b\u200d\u00fc.example",
        "ann@-\u00fc.example",
        "ann@\u00fc-.example",
        "ann@" + "\u00fc" * 60 + ".example",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
        "a@" + "b" * 249 + ".org",
    ],
)
def test_malformed_email_is_refused(typed: str) -> None:
    with pytest.raises(InvalidEmail) as invalid:
        normalize_email(typed, path="to")
    assert [(f.path, f.code) for f in invalid.value.fields] == [("to", "email_invalid")]


@pytest.mark.parametrize("local", [1, 2, 64])
def test_email_has_at_most_254_characters(local: int) -> None:
    for length in (253, 254):
        email = "a" * local + "@" + domain_of(length - local - 1)
        assert len(email) == length
        assert normalize_email(email) == email
    with pytest.raises(InvalidEmail):
        normalize_email("a" * local + "@" + domain_of(255 - local - 1))


def test_local_part_has_at_most_64_characters() -> None:
    assert normalize_email("a" * 64 + "@example.org")
    with pytest.raises(InvalidEmail):
        normalize_email("a" * 65 + "@example.org")


@given(LOCALS, st.lists(LABELS, min_size=1, max_size=4), st.text("abcXYZ", min_size=1, max_size=10))
def test_dot_atom_at_domain_of_labels_is_taken_in_lower_case(local: str, labels: list[str], top: str) -> None:
    email = f"{local}@{'.'.join([*labels, top])}"
    assert normalize_email(f" {email}\t") == email.lower()


@given(LOCALS, st.lists(IDN_LABELS, min_size=1, max_size=3))
@example("ann", ["stra\u00dfe"])
@example("ann", ["\u039f\u0394\u039f\u03a3"])
@example("ann", ["BU\u0308CHER"])
@example("ann", ["\u1e9e"])
@example("ann", ["a\u034fb"])
@example("ann", ["a\ufe0fb"])
@example("ann", ["a\U000e0100b"])
def test_domain_is_that_of_idna_2008(local: str, labels: list[str]) -> None:
    """Of a domain that both accept, `idna` makes the same (UTS 46, non-transitional), and both forms are one email."""
    domain = ".".join([*labels, "example"])
    try:
        email = normalize_email(f"{local}@{domain}")
        ascii_form = idna.encode(domain, uts46=True).decode()
    except (InvalidEmail, idna.IDNAError):
        return
    assert email == f"{local.lower()}@{ascii_form}" == normalize_email(f"{local}@{ascii_form}")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a..b@example.com", "a dot must not"),
        (".ann@example.com", "a dot must not"),
        ("ann.@example.com", "a dot must not"),
        ("jos\u00e9@example.com", "letters such as"),
        ("ann@\u2603.example", "begins with xn--"),
        ("ann", "such as name@example.org"),
        ("ann@example", "such as name@example.org"),
    ],
)
def test_message_of_a_refused_email_names_the_fault(typed: str, words: str) -> None:
    with pytest.raises(InvalidEmail) as invalid:
        normalize_email(typed)
    (fault,) = invalid.value.fields
    assert (fault.path, fault.code) == ("email", "email_invalid")
    assert words in fault.message


@given(st.text(st.characters(), max_size=40) | st.from_regex(r"[ -~]{1,20}@[ -~]{1,20}\.[ -~]{1,5}", fullmatch=True))
@example("a@b.org\n")
@example("a@\u0130.org")
def test_what_is_taken_is_one_bare_address_in_its_final_form(text: str) -> None:
    try:
        email = normalize_email(text)
    except InvalidEmail:
        return
    assert normalize_email(email) == email
    assert normalize_email(f" {email.upper()} ") == email
    assert email.isascii()
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(addr_spec=email)
    read = BytesParser(policy=SMTP).parsebytes(message.as_bytes())
    assert [address.addr_spec for address in read["To"].addresses] == [email]
    assert email.count("@") == 1
    assert not set(email) & set(' \r\n\t,;:<>()[]"\\')
    address = Address(addr_spec=email)
    assert f"{address.username}@{address.domain}" == email
