"""From operations to rows of the mirror: a module per contract, named in `CONTRACTS` of `projection`."""

from indexer.projections.projection import CONTRACTS, Projection

__all__ = ["CONTRACTS", "Projection"]
