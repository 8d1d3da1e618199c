"""Hosts, origins, headers, and bodies that no page would send."""

from __future__ import annotations

import pytest

from boltzmann.ui.security import MAX_BODY

UPDATE = "/_dash-update-component"


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]:8050", "name-8050.app.github.dev"])
def test_own_hosts_are_answered(page, host):
    assert page.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "app.github.dev.evil.example", "xapp.github.dev"]
)
def test_other_hosts_are_refused(page, host):
    response = page.get("/", headers={"Host": host})
    assert response.status_code == 403
    assert "does not answer" in response.text


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8050", "http://127.0.0.1:8050", 400),
        ("127.0.0.1:8050", "http://evil.example", 403),
        ("127.0.0.1:8050", "http://127.0.0.1:9999", 403),
        ("127.0.0.1:8050", "null", 403),
        ("a-8050.app.github.dev", "http://localhost:8050", 400),
        ("a-8050.app.github.dev", "https://a-8050.app.github.dev", 400),
        ("a-8050.app.github.dev", "https://b-8050.app.github.dev", 403),
        ("127.0.0.1:8050", "http://[", 403),
    ],
)
def test_posts_from_other_sites_are_refused(page, host, origin, status):
    # 400: let through to the check of the body, which is empty here.
    response = page.client.post(UPDATE, headers={"Host": host, "Origin": origin}, json={})
    assert response.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"output": 1},
        {"output": "page.children"},
        {"output": "page.children", "inputs": {}},
        {"output": "page.children", "inputs": [1]},
        {"output": "page.children", "inputs": [{"id": "url"}]},
        {"output": "page.children", "inputs": [], "outputs": {"id": "page", "property": "children"}},
        {
            "output": "page.children",
            "inputs": [],
            "outputs": {"id": "page", "property": "children"},
            "changedPropIds": "url",
        },
        {"output": "no.such", "inputs": [], "outputs": {"id": "no", "property": "such"}, "changedPropIds": []},
        {"output": "..x...y..", "inputs": [], "outputs": [], "changedPropIds": ["nodot"]},
        {"output": "page.children", "inputs": [], "outputs": 7, "changedPropIds": []},
        {"output": "page.children", "inputs": [], "outputs": [], "state": 3, "changedPropIds": []},
    ],
)
def test_malformed_bodies_get_a_clear_400(page, body):
    response = page.client.post(UPDATE, json=body)
    assert response.status_code == 400
    assert response.get_json()["error"]
    assert "Traceback" not in response.text


def test_a_body_that_is_no_json_is_refused(page):
    response = page.client.post(UPDATE, data="{", content_type="application/json")
    assert response.status_code == 400
    assert response.get_json()["error"]


def test_a_huge_body_is_refused(page):
    response = page.client.post(UPDATE, data=b" " * (MAX_BODY + 1), content_type="application/json")
    assert response.status_code == 413


def test_headers(page):
    headers = page.get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors" in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "http:" not in policy


def test_the_page_names_its_language_and_needs_no_other_host(page):
    text = page.get("/").text
    assert '<html lang="en">' in text
    assert 'src="http' not in text
    assert 'href="http' not in text
