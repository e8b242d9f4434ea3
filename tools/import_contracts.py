"""The import rule that import-linter itself does not have: a package may use only these libraries."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyExternals(Contract):
    """`package` imports nothing but itself, the standard library and the libraries in `allowed`.

    Its part `apart` has a contract of its own; nothing else in the package imports it.
    """

    package = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField())
    apart = fields.StringField(required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Lists every import of the package that goes elsewhere."""
        package = str(self.package)
        apart = str(self.apart or "")  # type: ignore[truthy-bool]  # fields become values
        without = {apart, *graph.find_descendants(apart)} if apart else set()
        free = {package, *self.allowed, *sys.stdlib_module_names}  # type: ignore[misc]  # fields become values
        found = sorted(
            (importer, imported)
            for importer in {package, *graph.find_descendants(package)} - without
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported in without or imported.partition(".")[0] not in free
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Prints one line for each import that is not allowed."""
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} imports {imported}")
