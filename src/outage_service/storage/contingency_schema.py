"""Tables of contingency beyond the outage itself."""
