"""Makes the mirror anew from the chain; what the operator keeps stays."""

from chain.deployment import Deployment
from chain.rpc import Rpc
from indexer import incidents
from indexer.binding import unbind
from indexer.database import Database
from indexer.follower import Follower, Progress
from indexer.mirror import Cursor


def rebuild(rpc: Rpc, deployment: Deployment, database: Database, progress: Progress | None = None) -> Cursor:
    """Empties the mirror and indexes the chain from its first block; gives where the mirror then stands.

    Halts are resolved with it; what still contradicts the chain halts the new one. The chain is asked first whether it
    is the right one, so that a wrong node or deployment file empties nothing. If it is interrupted later,
    `Follower.catch_up` goes on where it stopped. Raises what `Follower.catch_up` does.
    """
    database.migrate()
    deployment.check(rpc)
    with database.write() as connection:
        unbind(connection)
        incidents.resolve_all_halts(connection)
    return Follower(rpc, deployment, database).catch_up(progress)
