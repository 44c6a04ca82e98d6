"""Check by hand what the token can see: credentials, space, the first TEST_LIMIT pages.

Not a pytest file: run it with the settings of sync.py. It only reads.
"""

import logging
import os
import sys
from contextlib import closing
from pathlib import Path

from pipeline.settings import CHECK, Settings, SettingsError, load_settings, to_help


def show_pages(settings: Settings) -> None:
    """Print the spaces in scope with their keys, and the first pages of each."""
    from pipeline.fetch import CredentialsError, Site

    with closing(Site(settings)) as site:
        print(f"Credentials: accepted, signed in as {site.check_credentials()}")
        for space in site.list_spaces():
            pages = site.list_pages([space])
            print(f"Space: {space.name}\nKey: {space.key}\nPages: {len(pages)}")
            for ref in pages[: settings.test_limit]:
                print(f"  {ref.id}  {ref.title}  version {ref.version}  {ref.modified}")
                print(f"      {site.to_url(ref)}")
            if not pages and (settings.space_name or settings.filter_space_keys):
                raise CredentialsError(
                    f"no page is listed in {space.key}: is it empty, or may the account not "
                    "read it?"
                )


def main(arguments: list[str]) -> int:
    if arguments:
        print(to_help(CHECK, __doc__))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        settings = load_settings(CHECK, os.environ, Path(__file__).with_name(".env"))
    except SettingsError as error:
        print(f"test_confluence.py: settings: {error}", file=sys.stderr)
        return 2
    from pipeline.fetch import ConfluenceError, CredentialsError
    from pipeline.report import LogLines, log_unexpected

    logging.basicConfig(level=logging.WARNING, handlers=[LogLines(settings)])
    sys.excepthook = log_unexpected
    logging.getLogger("pipeline").setLevel(settings.log_level.upper())
    try:
        show_pages(settings)
    except ConfluenceError as error:
        print(f"test_confluence.py: {error}", file=sys.stderr)
        return 3 if isinstance(error, CredentialsError) else 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
