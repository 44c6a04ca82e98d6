"""What pdfium knows of a page: its `words` with their `fonts` and `links`, and its `drawing`.

`unseen` leaves out what no reader sees.
"""
