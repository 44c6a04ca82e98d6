"""The files of the demo can be read as what they are."""

from demo.pages import demo_state
from pipeline.http import Waiting
from pipeline.markdown import FileLimits, convert_file
from pipeline.settings import ATTACHMENT_TYPES

EXPECTED = {
    "pdf": "# Restore drill\n\nThe restore drill takes place",
    "docx": "# Change of a certificate\n\nThe security team",
    "xlsx": "# Phones\n\n| Team | Extension |",
    "pptx": "# Why queues lag\n\n- Consumers restart",
    "csv": "| Gateway | MTU |",
    "txt": "Image clean-up on worker nodes",
    "md": "# Unlock a release",
    "html": "# etcd sizes",
}


def test_the_demo_has_a_file_of_each_kind_that_can_be_read() -> None:
    found = {file.title.rpartition(".")[2]: file for file in demo_state().files.by_id.values()}
    assert found.keys() == set(ATTACHMENT_TYPES) == EXPECTED.keys()
    for kind, file in found.items():
        converted = convert_file(file.content, file.title, kind, FileLimits(), Waiting())
        assert converted.kind == kind
        assert EXPECTED[kind] in converted.text, kind
