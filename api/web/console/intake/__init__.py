"""Files in the console: uploaded, read, shown row by row, signed, anchored or applied (docs/spec/10-pages.md)."""
