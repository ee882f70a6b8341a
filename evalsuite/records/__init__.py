"""The nouns: frozen dataclasses that every other layer passes on. Data only, no behaviour."""
