"""The stores of dash servers, by who makes the vectors: two forms behind one protocol.

`ServerEmbeds`: `/v1/vector-dbs` of Llama Stack 0.2; the server makes the vectors.
`ClientEmbeds`: `/v1/vector_stores` of Llama Stack 0.4 and later and of OGX; every inserted chunk
has to bring its vector, which `/v1/embeddings` makes.
`Marks` shows which stores a rotation has not finished, and which it has published.
"""

from pipeline.upsert.dash_stores.client_embeds import ClientEmbeds
from pipeline.upsert.dash_stores.marks import PUBLISHED, UNFINISHED, Marks
from pipeline.upsert.dash_stores.server_embeds import ServerEmbeds
from pipeline.upsert.dash_stores.stores import DashStore, DashStores

__all__ = [
    "PUBLISHED",
    "UNFINISHED",
    "ClientEmbeds",
    "DashStore",
    "DashStores",
    "Marks",
    "ServerEmbeds",
]
