"""What a style means: text that is struck or raised, and cells that only have a colour."""

from pipeline.markdown.styles.cell_colours import colour_of
from pipeline.markdown.styles.marked import mark_styles

__all__ = ["colour_of", "mark_styles"]
