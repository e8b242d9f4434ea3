"""Properties over generated input (Hypothesis), without sockets."""
