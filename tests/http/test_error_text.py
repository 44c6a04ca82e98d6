"""The message of an error answer: in every form, on one line, without secrets and page text."""

import json
import re
import time
from typing import Any

import pytest

from pipeline.http import is_html, quote, to_error_text, to_redirect_text

TEXT = 'Die Bänder sind voll: "alte Sicherungen"\nweg, sagt der Plan.'
TOKEN = "s3cret-token"


def mask(text: str) -> str:
    return text.replace(TOKEN, "***")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"errors": [{"status": 404, "title": "Not Found", "detail": None}]}, "Not Found"),
        ({"statusCode": 404, "data": {"errors": []}, "message": "No page"}, "No page"),
        ({"code": 401, "message": "scope does not match"}, "scope does not match"),
        ({"detail": "Invalid value: no such store"}, "Invalid value: no such store"),
        ({"error": {"detail": "Invalid value: inf"}}, "Invalid value: inf"),
        ({"error": {"message": "Model 'x' not found"}}, "Model 'x' not found"),
        ({"error": "plain"}, "plain"),
        (
            {"error": {"detail": {"errors": [{"loc": ["body", "chunks"], "msg": "required"}]}}},
            "body.chunks: required",
        ),
        ({"detail": [{"loc": ["body", 0], "msg": "bad", "input": "the page"}]}, "body.0: bad"),
        ({"errors": [{"title": "a"}, {"title": "b"}, "c", "d"]}, "a; b; c"),
        ({"errors": [{"title": "Unauthorized", "detail": "no scope"}]}, "Unauthorized: no scope"),
        ({}, ""),
        ([], ""),
        (7, ""),
        ("forged\r\nlog line\x1b[31m\u2028x\ud800", "forged log line [31m x"),
        ("x" * 1000, "x" * 299 + "…"),
    ],
)
def test_the_text_is_found_in_every_form(body: Any, text: str) -> None:
    assert to_error_text(json.dumps(body).encode(), mask) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"upstream connect error", "upstream connect error"),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        (b" <!DOCTYPE html><p>Log in", "an HTML page"),
        (b"<HTML>", "an HTML page"),
        (b'{"message": ', '{"message":'),
    ],
)
def test_a_body_that_is_not_json_is_quoted_unless_it_is_a_page(body: bytes, text: str) -> None:
    assert to_error_text(body, mask) == text


def test_a_page_is_recognized_by_its_beginning() -> None:
    assert is_html(b"\n<!doctype html>")
    assert not is_html(b'{"html": "<html>"}')


@pytest.mark.parametrize("padding", range(len(TOKEN)))
def test_no_part_of_a_secret_is_left_where_the_text_is_cut(padding: int) -> None:
    text = quote("x" * padding + TOKEN * 60, mask)
    assert set(text) <= set("x*")


@pytest.mark.parametrize(
    "form", [str, repr, json.dumps, lambda text: f"{text[:24]}...{text[-24:]}"]
)
@pytest.mark.parametrize(
    "sent", [{"json": {"chunks": [{"content": TEXT}]}}, {"files": {"file": ("n", TEXT.encode())}}]
)
def test_what_a_server_repeats_of_a_text_is_left_out(form: Any, sent: dict[str, Any]) -> None:
    text = quote(f"chunks.0: input is {form(TEXT)}, which is too long", mask, sent)
    assert re.fullmatch("chunks.0: input is .{0,3}….*, which is too long", text)
    for words in ("Bänder", "Sicherungen", "Plan", "nder"):
        assert words not in text


def test_identifiers_may_be_repeated_and_so_may_a_few_words() -> None:
    sent = {"json": {"store": "vs_0123456789abcdef0123456789", "text": "a disk is full again now"}}
    text = "no store vs_0123456789abcdef0123456789, or a disk is full"
    assert quote(text, mask, sent) == text


def test_only_the_beginning_of_an_answer_that_repeats_everything_is_read() -> None:
    text = "All the words of a page. " * 20_000
    assert quote("no: " + text, mask, {"text": text}) == "no:…"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000_000,
        b'{"error":' * 500_000,
        b'{"error":' * 3000 + b'"deep"' + b"}" * 3000,
        b'"' + b"ab" * 5_000_000 + b'"',
        b"\t " * 5_000_000,
        json.dumps({"detail": [{"loc": ["x"] * 1_000_000, "msg": "y"}]}).encode(),
    ],
    ids=["lists", "objects", "deep", "long", "white", "place"],
)
def test_a_hostile_body_costs_no_more_than_its_length(body: bytes) -> None:
    started = time.thread_time()  # not what the machine does besides
    assert len(to_error_text(body, mask, {"text": "ab" * 500_000})) <= 300
    assert time.thread_time() - started < 3


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://login.example/?next=x#y", "https://login.example/"),
        ("http://127.0.0.1:8321", "http://127.0.0.1:8321"),
        ("https://user:word@login.example:8443/a", "https://login.example:8443/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("//login.example/a", "https://login.example/a"),
        ("/wiki/login.action?os_destination=x", "/wiki/login.action"),
        (f"/{TOKEN}\u2028", "/***"),
        ("", "nowhere"),
        ("http://u:p@[::1", "an invalid address"),
        ("http://host:99999/", "an invalid address"),
    ],
)
def test_a_redirect_is_named_without_query_and_credentials(location: str, target: str) -> None:
    assert to_redirect_text(location, mask) == f"redirects to {target}, which is not followed"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"message": "No page", "title": "A page", "body": "Its text"}', "No page"),
        (b'{"title": "A page", "detail": "Its text"}', ""),
        (b'{"errors": [{"title": "Not Found"}]}', "Not Found"),
        (b'["The page"]', ""),
        (b'"The page"', ""),
        (b"<div>The page</div>", ""),
        (b"The page", ""),
        (b"<html>The page</html>", "an HTML page"),
    ],
)
def test_of_an_answer_that_may_hold_a_page_only_named_fields_are_quoted(
    body: bytes, text: str
) -> None:
    assert to_error_text(body, mask, only=("message", "errors")) == text
