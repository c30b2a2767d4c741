"""The mail catcher of `demo`, over real SMTP."""

import smtplib

from outage_service.drill.catcher import MailCatcher

MESSAGE = b"Subject: Essai\r\n\r\nPremi\xc3\xa8re ligne\r\n.point\r\n"


def test_every_recipient_s_message_is_kept_as_it_came() -> None:
    with MailCatcher() as catcher:
        with smtplib.SMTP("127.0.0.1", catcher.port) as client:
            client.sendmail("from@example.org", ["one@example.org", "two@example.org"], MESSAGE)
        caught = catcher.caught()
    assert [(each.sender, each.recipient) for each in caught] == [
        ("from@example.org", "one@example.org"),
        ("from@example.org", "two@example.org"),
    ]
    assert {each.content for each in caught} == {MESSAGE}


def test_two_catchers_have_ports_of_their_own() -> None:
    with MailCatcher() as one, MailCatcher() as other:
        assert one.port != other.port
        assert one.url == f"smtp://127.0.0.1:{one.port}"


def test_it_ends_although_a_client_is_still_connected() -> None:
    with MailCatcher() as catcher:
        client = smtplib.SMTP("127.0.0.1", catcher.port)
        client.ehlo()
    client.close()
    assert catcher.caught() == []
