"""The two verifiers, written apart from each other, say the same of every bundle."""
