"""The public HTTP API and its pages."""
