"""Bilingual content in data files: systems, help lines, fixed wording, what to do, glossary."""

from outage_service.content.catalogue import Content
from outage_service.content.loading import load_content

__all__ = ["Content", "load_content"]
