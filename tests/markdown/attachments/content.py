"""What the documents of `documents/` contain, whichever tool made them."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """A heading, a paragraph, a list, a table or code."""

    kind: str  # h1, h2, p, ul, ol, table, code
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()  # a table's; a list's items are rows of one


def _items(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple((text,) for text in texts)


HEAD, FOOT = "Operations handbook, internal", "Platform team 2026"  # on every page
MANUAL = (
    Part("h1", "Draining a storage node"),
    Part("p", "Before a storage node is taken out of service, its shards are moved to other nodes "
         "of the same zone. The scheduler refuses to place new shards on a node that is being "
         "drained, and the balancer copies the ones that remain, largest first."),
    Part("p", "Plan for about four minutes per hundred gigabytes on the standard network."),
    Part("h2", "Requirements"),
    Part("ul", rows=_items("An account with the operator role in the cluster",
                           "At least two healthy nodes in the same zone, each with enough free "
                           "space for a third of the shards of the node that leaves",
                           "No running backup of the affected volumes")),
    Part("h2", "Steps"),
    Part("ol", rows=_items("Mark the node with the command below",
                           "Wait until the counter of remaining shards is zero",
                           "Switch off the node and remove it from the inventory")),
    Part("code", "storectl node drain node-17 --zone north\n"
         "for shard in $(storectl shard list node-17); do\n"
         "    storectl shard wait \"$shard\"\n"
         "done"),
    Part("h2", "Limits by class"),
    Part("table", rows=(("Class", "Shards", "Hours", "Owner"),
                        ("bronze", "120", "1.5", "Anna Weber"),
                        ("silver", "480", "6", "Luis Ortega"),
                        ("gold", "1,920", "22.5", "Mei Tanaka"),
                        ("archive", "7,680", "90", "night shift"))),
    Part("h1", "Ελληνικά και русский"),
    Part("p", "Η αποστράγγιση του κόμβου διαρκεί περίπου τέσσερα λεπτά ανά εκατό γιγαμπάιτ. "
         "Ο διαχειριστής ελέγχει πρώτα τον ελεύθερο χώρο."),
    Part("p", "Перед отключением узла все сегменты переносятся на другие узлы той же зоны. "
         "Планировщик больше не размещает на нём новые сегменты."),
)  # fmt: skip
# Without what a page-wide document needs: for two columns.
ARTICLE = (
    Part("h1", "Moving shards without pauses"),
    Part("p", "Every shard has one leader and two followers. When a shard moves, a fourth copy is "
         "made in the background while the leader continues to accept writes. As soon as the copy "
         "has caught up with the log, the leader adds it to the group and removes one of the old "
         "followers in the same step."),
    Part("p", "A copy that falls behind by more than ten thousand entries is discarded and started "
         "again from a snapshot. This happens on slow disks, and the operator sees it as a counter "
         "that grows every few minutes instead of falling to zero."),
    Part("h2", "Why the order matters"),
    Part("p", "Large shards are moved first because they decide how long the whole operation "
         "takes. Small ones fill the gaps that remain. In our measurements this order was a "
         "third faster than a random one, and it never left a zone with fewer copies than the "
         "policy demands."),
    Part("p", "The balancer looks at the free space of each node once a minute. It never plans "
         "further ahead than that, because estimates of space were wrong by up to forty percent "
         "after compaction had run on the target."),
    Part("h2", "What we would do again"),
    Part("p", "Keeping the plan short was the best decision of the project. Each step can be "
         "explained by the state of the cluster at that moment, and a plan that is interrupted "
         "leaves nothing behind that has to be cleaned up by hand."),
    Part("p", "The second lesson is about names. Operators search for the words of the error "
         "message, so the message and the handbook have to use the same ones, in every language "
         "that the team writes."),
)  # fmt: skip
# Of three tables: wide cells, an empty cell, a table that continues on the next page.
INVENTORY = (
    Part("h1", "Inventory of gateways"),
    Part("p", "The list is checked on the first working day of each month."),
    Part("table", rows=(("Name", "Purpose", "Since"),
                        *((f"gw-{number:02}", f"serves the partners of region {number} and is the "
                           "reserve for the next one", f"20{10 + number % 15}-0{1 + number % 9}-14")
                          for number in range(1, 41)))),
    Part("p", "Gateways that are not listed here are not monitored."),
)  # fmt: skip
DOCUMENTS = {"manual": MANUAL, "article": ARTICLE, "inventory": INVENTORY}
