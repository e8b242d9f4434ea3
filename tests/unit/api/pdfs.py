"""What a PDF says, read by a library that did not make it."""

from pypdf import PdfReader


def text_of(reader: PdfReader) -> str:
    """What stands on the pages. pypdf reads each two-byte code as two characters, the first of them zero."""
    return "".join(page.extract_text() for page in reader.pages).replace("\x00", "").replace("\n", "")


def links_of(reader: PdfReader) -> set[str]:
    """Where its first page leads."""
    annotations = [annotation.get_object() for annotation in reader.pages[0].get("/Annots", [])]
    return {str(annotation["/A"]["/URI"]) for annotation in annotations if "/A" in annotation}
