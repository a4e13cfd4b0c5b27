"""The JSON API: the same nouns as the pages, for programs and for the live parts of pages."""
