"""Tables of bounces and the addresses that are not written to any more."""
