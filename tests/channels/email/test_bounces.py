"""Reading reports of non-delivery and of abuse: what they claim, and nothing out of anything else."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.channels.email.bounces import LONGEST, FailedRecipient, Report, read_report
from tests.support.reports import a_complaint, a_failure_report

ID = "outage-1-1-7-0a@example.org"
STATUS_PART = b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n"
ANN = frozenset({"ann@example.org"})

VACATION = b"""\
From: ann@example.org
Subject: Out of office
Auto-Submitted: auto-replied
In-Reply-To: <outage-1-1-7-0a@example.org>
Content-Type: text/plain

I am away. 5.1.1
"""
READ_RECEIPT = b"""\
Content-Type: multipart/report; report-type=disposition-notification; boundary=x

--x
Content-Type: message/disposition-notification

Disposition: manual-action/MDN-sent-manually; displayed
--x--
"""


def only(raw: bytes) -> FailedRecipient:
    report = read_report(raw)
    assert report is not None
    (failed,) = report.failed
    return failed


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_report_of_non_delivery_names_message_recipient_and_status(line_end: str) -> None:
    """RFC 3464; from a pipe the lines end otherwise than from the wire."""
    report = read_report(a_failure_report(ID, line_end=line_end))
    assert report == Report((ID,), (FailedRecipient(ANN, "5.1.1"),), is_complaint=False)


def test_what_local_delivery_puts_in_front_is_passed_over() -> None:
    """Pipes are given a line of the mailbox format first."""
    assert only(b"From MAILER-DAEMON  Thu Nov 26 10:00:00 2026\n" + a_failure_report(ID, line_end="\n"))


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/global-headers", "message/global"])
def test_the_message_may_come_back_in_part(kind: str) -> None:
    report = read_report(a_failure_report(ID, returned_as=kind))
    assert report is not None
    assert report.message_ids == (ID,)


def test_what_a_reply_refers_to_will_do_where_nothing_came_back() -> None:
    """Some systems return nothing of the message."""
    raw = a_failure_report("", returned_as="text/plain").replace(
        b"Subject:", f"In-Reply-To: <{ID}>\r\nSubject:".encode(), 1
    )
    report = read_report(raw)
    assert report is not None
    assert report.message_ids == (ID,)


def test_the_one_it_was_sent_to_and_the_one_it_ended_at_are_both_named() -> None:
    """They differ where somebody has mail forwarded."""
    failed = only(a_failure_report(ID, "<Bob@Elsewhere.example>", original="ann@example.org"))
    assert failed.addresses == ANN | {"bob@elsewhere.example"}


@pytest.mark.parametrize(
    ("status", "diagnosis", "expected"),
    [
        ("5.1.1", "550 5.7.1 no", "5.1.1"),
        ("5.2.2 (mailbox full)", "552 full", "5.2.2"),
        ("5.0.0", "550 5.1.1 no such user", "5.1.1"),
        ("5.0.0", "550-5.1.1 no such user", "5.1.1"),
        ("5.0.0", "550 no such user 5.1.1", "5.0.0"),
        ("", "550 5.1.1 no such user", "5.1.1"),
        ("gone", "unknown", ""),
        ("9.9.9", "550 9.9.9", ""),
    ],
)
def test_a_status_that_says_nothing_gives_way_to_what_the_host_said(
    status: str, diagnosis: str, expected: str
) -> None:
    assert only(a_failure_report(ID, status=status, diagnosis=diagnosis)).status == expected


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_late_or_delivered_is_no_failure(action: str) -> None:
    assert read_report(a_failure_report(ID, action=action)) is None


def test_comments_are_no_part_of_what_a_report_says() -> None:
    """RFC 3464, 2.1.1: they stand in brackets, also one inside the other, but not within quotation marks."""
    raw = a_failure_report(ID, "ann@example.org (gone (for good))", action="(so sad) Failed (mailbox gone)")
    assert only(raw) == FailedRecipient(ANN, "5.1.1")
    quoted = only(a_failure_report(ID, '"a(b)"@example.org', status="(final) 5.1.1"))
    assert quoted == FailedRecipient(frozenset({'"a(b)"@example.org'}), "5.1.1")
    assert read_report(a_complaint(ID, feedback="abuse (spam)")) == Report((ID,), (), is_complaint=True)


def test_abuse_is_told_from_other_feedback() -> None:
    """RFC 5965: a message marked as no spam is no complaint."""
    assert read_report(a_complaint(ID)) == Report((ID,), (), is_complaint=True)
    assert read_report(a_complaint(ID, feedback="not-spam")) is None


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_part_may_be_encoded_for_its_transfer(encoding: str) -> None:
    plain = b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822;ann@example.org\r\n"
    plain += b"Action: failed\r\nStatus: 5.1.1"
    body = b64encode(plain) if encoding == "base64" else plain.replace(b"=", b"=3D")
    raw = STATUS_PART + f"Content-Transfer-Encoding: {encoding}\n\n".encode() + body + b"\n--x--\n"
    assert only(raw) == FailedRecipient(ANN, "5.1.1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"\n\n\n",
        b"no message",
        b"\xff\x00" * 100,
        VACATION,
        READ_RECEIPT,
        b"Content-Type: multipart/report\n\n--x\n",
        b"Content-Type: multipart/report; boundary=\n\n--\n",
        b"Content-Type: multipart/report; boundary*=bad''%ff%ff\n\n--x\n",
        b"Content-Type: multipart/report; boundary*=x'y'z; boundary*1=q\n\n--x\n",
        b"Content-Type: multipart/report; boundary*=\x00'x'y\n\n--x\n",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + a_failure_report(ID),
        STATUS_PART + b"Content-Transfer-Encoding: base64\n\n====\n--x--",
    ],
)
def test_anything_else_reports_nothing(raw: bytes) -> None:
    """Automatic replies, receipts, garbage."""
    assert read_report(raw) is None


def test_a_message_of_any_length_and_depth_costs_no_more_than_its_first_part() -> None:
    """Whoever knows the address can send what they like."""
    nested = b"".join(
        b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)
    )
    assert read_report(nested) is None
    report = read_report(STATUS_PART + b"\n\nAction: failed" * 60_000)
    assert report is not None
    assert len(report.failed) <= 100
    assert read_report(b"X: y\n" * LONGEST) is None
    assert read_report(b'Content-Type: multipart/report; boundary="' + b";" * LONGEST) is None


_PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=x\n", b"Content-Type: message/delivery-status\n", b"--x\n",
        b"\n", b"Action: failed\n", b"Final-Recipient: rfc822;", b"Status: 5.1.1\n", b"--x--\n",
        b"boundary*0*=",
        b"Content-Transfer-Encoding: base64\n", b"Message-ID: <a@b>\n", b"\r\n", b";",
        b"=?utf-8?q?=FF?=",
        b"\xe9",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.binary(max_size=8), max_size=30).map(b"".join))
def test_no_message_makes_an_error(raw: bytes) -> None:
    """P20."""
    report = read_report(raw)
    assert report is None or report.failed or report.is_complaint
