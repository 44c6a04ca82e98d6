"""Make the documents beside this file again, with the libraries of `requirements.txt` and Debian's
packages libreoffice-{writer,calc,impress}-nogui, texlive-latex-recommended, texlive-lang-greek,
wkhtmltopdf, pandoc and groff. Not part of the tests:

    python -m venv VENV && VENV/bin/pip install --require-hashes -r requirements.txt
    PYTHONPATH=../../../.. VENV/bin/python make_documents.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import make_office
import make_pdf

HERE = Path(__file__).parent

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_office.make_docx(HERE, work)
        make_office.make_xlsx(HERE, work)
        make_office.make_pptx(HERE, work)
        make_pdf.make(HERE, work)
