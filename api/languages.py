"""Which language a caller would rather read."""

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)


def preferred(accept_language: bytes | None, otherwise: str) -> str:
    """Chinese or English, as `Accept-Language` (RFC 9110 §12.5.4) prefers; `otherwise` where it names neither."""
    best, found = 0.0, otherwise
    for part in (accept_language or b"").decode("latin-1").lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            quality = 0.0
        language = tag.strip().partition("-")[0]
        if language in LANGUAGES and quality > best:
            best, found = quality, language
    return found
