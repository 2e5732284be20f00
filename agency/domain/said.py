"""Sentences for people: English where they arise, known to the translators, put into a language at the door."""

from __future__ import annotations

LANGUAGES = {"en": "English", "de": "Deutsch"}  # that we have a catalogue for, as their speakers call them


def said(sentence: str, **values: object) -> str:
    """The sentence in English, its {names} filled in. Marks it for the translators at the same time.

    Sentences travel and are stored as plain English text; `agency.portal.language.tr` recognises them there and puts
    them into the reader's language. So the sentence must be a literal, and its own words must tell it from others.
    """
    return sentence.format(**values) if values else sentence
