"""Where sentences end, in every script: `to_sentences(text)`."""

from pipeline.chunk.sentences.find import to_sentences

__all__ = ["to_sentences"]
