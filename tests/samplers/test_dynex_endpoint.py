"""Where a Dynex key may be sent, and where not."""

import pytest

from boltzmann.samplers.cloud.client import Failure
from boltzmann.samplers.cloud.dynex_endpoint import Access


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("127.0.0.1:9090", True),
        ("localhost:1", True),
        ("http://localhost:9090", True),
        ("grpc://127.0.0.1:9090", True),
        ("dynex.example:3000", False),
        ("https://dynex.example:3000", False),
        ("", True),
    ],
)
def test_endpoints_that_a_key_may_be_sent_to(monkeypatch, endpoint, here) -> None:
    monkeypatch.setenv("DYNEX_SDK_KEY", "a-secret-of-nobody")
    monkeypatch.setenv("DYNEX_GRPC_ENDPOINT", endpoint)
    access = Access.find()
    assert (access.endpoint, access.here, access.chosen) == (endpoint or "127.0.0.1:9090", here, bool(endpoint))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://dynex.example:3000",
        "grpc://dynex.example:3000",
        "grpc://127.0.0.1.dynex.example:3000",
        "HTTP://dynex.example:3000",
        "ftp://dynex.example:3000",
        "http://127.0.0.1@dynex.example:3000",
        "http://[dynex.example:3000",
    ],
)
def test_endpoints_that_no_key_is_sent_to(monkeypatch, endpoint) -> None:
    monkeypatch.setenv("DYNEX_SDK_KEY", "a-secret-of-nobody")
    monkeypatch.setenv("DYNEX_GRPC_ENDPOINT", endpoint)
    with pytest.raises(Failure) as caught:
        Access.find()
    assert caught.value.kind == "refused"
    assert "secret" not in str(caught.value)
