"""Files of text: CSV, Markdown, HTML, and any other text. `encoding` finds how each is encoded."""
