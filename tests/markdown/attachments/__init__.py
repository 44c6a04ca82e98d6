"""Attached files: what they become is compared with what was written into them."""
