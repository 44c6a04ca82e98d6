"""How a workbook shows its numbers: the formats that add something to the number itself."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping

from pipeline.markdown.attachments.office.package import read_part

_M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STYLES = "xl/styles.xml"
# Excel's own formats that have no code in the file.
_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0', 6: '"$"#,##0', 7: '"$"#,##0.00',
    8: '"$"#,##0.00', 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00", 44: '"$"#,##0.00',
}  # fmt: skip


def read_formats(package: zipfile.ZipFile) -> Mapping[int, str]:
    """Return the format of a number by a cell's style; without dates and the general format."""
    root = read_part(package, _STYLES)
    if root is None:
        return {}
    codes = dict(_BUILT_IN)
    for entry in root.iter(f"{_M}numFmt"):
        if (number := entry.get("numFmtId") or "").isdigit():
            codes[int(number)] = entry.get("formatCode") or ""
    styles = root.find(f"{_M}cellXfs")
    formats: dict[int, str] = {}
    for at, style in enumerate(styles if styles is not None else ()):
        number = style.get("numFmtId") or ""
        if number.isdigit() and (code := codes.get(int(number))):
            formats[at] = code
    return formats
