"""The site in a real browser: Chromium against a live service on this machine."""
