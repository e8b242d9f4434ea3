"""Pages in a real browser, from first page to last: Chromium, driven by Playwright."""
