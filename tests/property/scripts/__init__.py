"""Properties of the command line and of imports."""
