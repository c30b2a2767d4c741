"""The relay that other tests rely on, asked by somebody else's client."""

import smtplib

import pytest

from tests.support.smtp_server import Script, SmtpServer, running_smtp_server


def send(server: SmtpServer, *recipients: str) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=5) as client:
        for recipient in recipients:
            client.sendmail("outages@example.ca", recipient, "Subject: x\r\n\r\n.dot\r\n..two\r\n")


def test_on_a_thread_it_serves_tests_without_an_event_loop() -> None:
    with running_smtp_server() as server:
        send(server, "a@example.ca", "b@example.ca")
        messages = server.wait_for(2)
    assert [message.recipient for message in messages] == ["a@example.ca", "b@example.ca"]
    assert messages[0].mail_from == "outages@example.ca"
    assert messages[0].content == b"Subject: x\r\n\r\n.dot\r\n..two\r\n"


def test_a_script_can_be_changed_while_it_runs() -> None:
    script = Script()
    with running_smtp_server(script) as server:
        send(server, "a@example.ca")
        script.on("RCPT", "550 5.1.1 nobody", address="b@example.ca")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(server, "b@example.ca")
        script.forget()
        send(server, "b@example.ca")
    assert server.recipients == ["a@example.ca", "b@example.ca"]


def test_a_fault_can_come_late_and_end_again() -> None:
    script = Script().on("END", "451 4.3.0 later", after=1, times=1)
    with running_smtp_server(script) as server:
        send(server, "a@example.ca")
        with pytest.raises(smtplib.SMTPDataError):
            send(server, "b@example.ca")
        send(server, "c@example.ca")
    assert server.recipients == ["a@example.ca", "c@example.ca"]
