"""Check what the token can see: credentials, spaces, filters, the first TEST_LIMIT pages of each.

Not a pytest file: run it by hand with the settings of sync.py. It only reads.
"""

import os
import sys
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.run import CHECK, start

if TYPE_CHECKING:
    from pipeline.run.check import Check


def show_pages(check: "Check") -> None:
    """Print the spaces in scope with their keys, and the first pages of each."""
    site = check.site
    print(f"Credentials: accepted, signed in as {site.check_credentials()}")
    members = 0
    for space in site.list_spaces():
        pages = check.list_pages(space)
        print(f"Space: {space.name}\nKey: {space.key}")
        for noun, number in check.count_types(pages):
            print(f"{noun}: {number}")
        for noun, number in check.count_on_pages(pages):
            print(f"{noun}: {number}")
        check.refuse_empty(space, pages)
        if check.settings.has_filters:
            check.keep_members(space, pages)
            print(f"With LABELS and FILTER_FOLDER_ID: {len(pages)}")
        members += len(pages)
        for ref in islice(pages, check.settings.test_limit):
            print(f"  {ref.id}  {ref.title}  version {ref.version}  {ref.modified}")
            print(f"      {site.to_url(ref)}")
    check.refuse_no_member(members)


if __name__ == "__main__":
    sys.exit(start(CHECK, __doc__, show_pages, sys.argv[1:], os.environ, __file__))
