"""The checking page takes the bundle out of the PDF that this program makes, byte for byte."""

import subprocess

from api.web.certificate_pdf import Fonts, make_pdf
from tests.conftest import ROOT
from tests.fakes.bundles import BundleWorld, good_bundles

EXTRACTOR = ROOT / "tests" / "javascript" / "extract_bundle.mjs"


def test_the_bundle_of_every_pdf_is_found() -> None:
    fonts = Fonts.at(None)
    bundles = good_bundles(BundleWorld())
    for name in ("reductions", "points", "campaign"):
        bundle = bundles[name]
        data = bundle.to_bytes()
        pdf = make_pdf(bundle, data, public_url="https://ledger.example", fonts=fonts)
        taken = subprocess.run([ROOT / "tools" / "node", EXTRACTOR], input=pdf, capture_output=True, check=False)
        assert (taken.returncode, taken.stdout) == (0, data), name
