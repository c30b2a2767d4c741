"""The page of the release query form: without JavaScript, each mistake beside its line."""

import pytest

from outage_service.domain.release_numbers import Symbology
from outage_service.rendering.documents.barcodes import read_pages
from tests.web.client import Api

EN, FR = "/en/forms/release-query", "/fr/forms/release-query"
FILLED = {
    "release_office": "453",
    "client_name": "Example Customs Brokers",
    "client_id": "12345",
    "client_contact": "A. Person 519-555-0100",
    "symbology": "code128",
    "numbers": "12345001495785\r\n\r\n  ABCD123456  \r\n",
}


def test_the_page_is_in_either_language_and_leads_to_the_other(public: Api) -> None:
    english, french = public.get(EN), public.get(FR)
    assert (english.status_code, french.status_code) == (200, 200)
    assert "Release query form" in english.text
    assert 'href="/fr/forms/release-query"' in english.text
    assert "Demande d’état de la mainlevée" in french.text


def test_the_filled_page_gives_the_pdf(public: Api) -> None:
    answer = public.request("POST", FR, data=FILLED)
    assert answer.headers["content-type"] == "application/pdf"
    assert read_pages(answer.content, Symbology.CODE128) == ["12345001495785", "ABCD123456"]


@pytest.mark.parametrize(
    "content",
    [
        "Number;Note\r\n12345001495785;first\r\nABCD123456;\r\n",
        "\ufeffnumber\n12345001495785\n\nABCD123456",
        '12345001495785,x\r"ABCD123456",y\r',
    ],
    ids=["semicolons and a header", "a byte order mark and a blank line", "no header, old line ends"],
)
def test_a_csv_file_takes_the_place_of_the_list(public: Api, content: str) -> None:
    answer = public.request(
        "POST", EN, data=FILLED | {"numbers": "ignored"}, files={"file": ("numbers.csv", content.encode())}
    )
    assert answer.status_code == 200, answer.text
    assert read_pages(answer.content, Symbology.CODE128) == ["12345001495785", "ABCD123456"]


def test_each_wrong_line_is_named_and_everything_that_was_entered_is_kept(public: Api) -> None:
    sent = FILLED | {"numbers": "12345001495785\n\n12345 6\n12345-001495785", "symbology": "code39"}
    answer = public.request("POST", EN, data=sent)
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-store"
    assert '<th scope="row">3</th><td><code>12345 6</code></td><td>There is a space' in answer.text
    assert "It repeats line 1." in answer.text
    assert 'href="#numbers"' in answer.text
    assert "Example Customs Brokers" in answer.text
    assert 'value="code39" checked' in answer.text


def test_the_lines_of_a_wrong_file_can_be_corrected_in_place(public: Api) -> None:
    files = {"file": ("n.csv", b"number\n12345001495785\n\nA B\n")}
    answer = public.request("POST", EN, data=FILLED, files=files)
    assert answer.status_code == 422
    assert "\n12345001495785\n\nA B</textarea>" in answer.text
    assert '<th scope="row">4</th><td><code>A B</code>' in answer.text


def test_what_is_missing_is_named_with_a_link_to_its_field(public: Api) -> None:
    answer = public.request("POST", FR, data={})
    assert answer.status_code == 422
    for field in ("release_office", "client_name", "client_id", "client_contact", "numbers"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize(
    "numbers",
    ["\n".join(f"A{each:05}" for each in range(501)), "\x00", "<script>alert(1)</script>", "\ufffe" * 9],
)
def test_whatever_is_pasted_it_is_shown_again_harmlessly(public: Api, numbers: str) -> None:
    """P20."""
    answer = public.request("POST", EN, data=FILLED | {"numbers": numbers})
    assert answer.status_code == 422
    assert "<script>" not in answer.text


@pytest.mark.parametrize("content", [b"PK\x03\x04\xff\xfe\x00\x00" * 40, b"\xff" * 99, b'"' * 999, b""])
def test_a_file_that_is_no_list_is_refused_as_one(public: Api, content: bytes) -> None:
    answer = public.request("POST", EN, data=FILLED, files={"file": ("book.xlsx", content)})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"a=1&" * 100),
        ("application/x-www-form-urlencoded", b"%ff=%ff&numbers=%00"),
    ],
)
def test_a_form_that_is_none_is_refused(public: Api, content_type: str, body: bytes) -> None:
    """P20."""
    answer = public.request("POST", EN, content=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 422)


def test_a_doubtful_business_number_has_to_be_confirmed(public: Api) -> None:
    doubtful = FILLED | {"client_id": "123456789RM0001"}
    answer = public.request("POST", EN, data=doubtful)
    assert answer.status_code == 422
    assert 'name="confirm_id"' in answer.text
    assert public.request("POST", EN, data=doubtful | {"confirm_id": "yes"}).status_code == 200
