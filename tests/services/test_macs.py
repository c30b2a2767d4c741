"""Our own HMAC is everybody's (RFC 2104)."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from outage_service.services.macs import mac


@given(key=st.binary(max_size=200), message=st.binary(max_size=200))
def test_it_is_the_standard_library_s(key: bytes, message: bytes) -> None:
    """Keys shorter than a block, longer, and empty."""
    assert mac(key, message) == hmac.digest(key, message, "sha256")
