"""Pages in a real browser: Chromium, where there is one on this machine."""
