"""Reports as mail systems write them: of non-delivery (RFC 3464) and of abuse (RFC 5965)."""

_RETURNED = """\
Received: by relay.example.net; Thu, 26 Nov 2026 10:00:01 -0500
From: Outage bulletins <bulletins@example.org>
To: {to}
Message-ID: <{message_id}>
Subject: TCC26-0001

The text of the bulletin.
"""
_NOTICE = """\
From: MAILER-DAEMON@relay.example.net (Mail Delivery System)
To: bulletins@example.org
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind};
\tboundary="8DC1.1795/relay.example.net"

This is a MIME-encapsulated message.

--8DC1.1795/relay.example.net
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host relay.example.net.

--8DC1.1795/relay.example.net
Content-Type: message/{part}

{fields}
--8DC1.1795/relay.example.net
Content-Description: Undelivered Message
Content-Type: {returned_as}

{returned}
--8DC1.1795/relay.example.net--
"""
_STATUS = """\
Reporting-MTA: dns; relay.example.net
X-Postfix-Queue-ID: 8DC1
Arrival-Date: Thu, 26 Nov 2026 10:00:00 -0500 (EST)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{original}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {diagnosis}
"""
_FEEDBACK = """\
Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bulletins@example.org>
"""


def a_failure_report(
    message_id: str,
    to: str = "ann@example.org",
    *,
    original: str | None = None,
    action: str = "failed",
    status: str = "5.1.1",
    diagnosis: str = "550 no such user here",
    returned_as: str = "message/rfc822",
    line_end: str = "\r\n",
) -> bytes:
    """Returns what a relay sends back; by default there is no such mailbox."""
    fields = _STATUS.format(to=to, original=original or to, action=action, status=status, diagnosis=diagnosis)
    text = _NOTICE.format(
        subject="Undelivered Mail Returned to Sender",
        kind="delivery-status",
        part="delivery-status",
        fields=fields,
        returned_as=returned_as,
        returned=_RETURNED.format(to=to, message_id=message_id),
    )
    return text.replace("\n", line_end).encode()


def a_complaint(message_id: str, *, feedback: str = "abuse") -> bytes:
    """Returns what a mailbox provider sends when a reader marks a message as spam."""
    text = _NOTICE.format(
        subject="complaint",
        kind="feedback-report",
        part="feedback-report",
        fields=_FEEDBACK.format(feedback=feedback),
        returned_as="message/rfc822",
        returned=_RETURNED.format(to="redacted", message_id=message_id),
    )
    return text.replace("\n", "\r\n").encode()
