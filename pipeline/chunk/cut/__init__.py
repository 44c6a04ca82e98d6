"""Blocks as pieces: each kind of block is cut in its own way.

`to_pieces` cuts what is over its size; `cut_piece` cuts between words what is too long
all the same, with its links or the marks around it.
"""

from pipeline.chunk.cut.block import most_of_whole, to_pieces
from pipeline.chunk.cut.piece import cut_piece

__all__ = ["cut_piece", "most_of_whole", "to_pieces"]
