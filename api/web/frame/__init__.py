"""What every page is made with: how it is asked, read, drawn and answered (docs/spec/10-pages.md §10.1)."""
