"""What bodies do in the console: a form, what it will do in tonnes, what will be signed, and only then the signature
(docs/spec/10-pages.md §10.13).
"""
