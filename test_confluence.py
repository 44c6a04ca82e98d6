"""Check what the token can see: credentials, spaces, filters, the first TEST_LIMIT pages of each.

Not a pytest file: run it by hand with the settings of sync.py. It only reads.
"""

import os
import sys
from typing import TYPE_CHECKING

from pipeline.run import CHECK, start

if TYPE_CHECKING:
    from pipeline.run.check import Check


def show_pages(check: "Check") -> None:
    """Print the spaces in scope with their keys, and the first pages of each."""
    site = check.site
    print(f"Credentials: accepted, signed in as {site.check_credentials()}")
    spaces = site.list_spaces()
    members = site.list_members(spaces)
    for space in spaces:
        listed = site.list_pages([space])
        pages = [ref for ref in listed if members is None or ref.id in members]
        print(f"Space: {space.name}\nKey: {space.key}\nPages: {len(listed)}")
        if members is not None:
            print(f"With LABELS and FILTER_FOLDER_ID: {len(pages)}")
        for ref in pages[: check.settings.test_limit]:
            print(f"  {ref.id}  {ref.title}  version {ref.version}  {ref.modified}")
            print(f"      {site.to_url(ref)}")
        check.refuse_empty(space, listed)
    check.refuse_no_member(members)


if __name__ == "__main__":
    sys.exit(start(CHECK, __doc__, show_pages, sys.argv[1:], os.environ, __file__))
