"""The import rule that import-linter itself does not have: a package may use only these libraries."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyExternals(Contract):
    """`package` imports nothing but itself, the standard library and the libraries in `allowed`.

    Its parts in `apart` have contracts of their own; nothing else in the package imports them, but for the imports in
    `except_imports`, each written `importer -> imported`.
    """

    package = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField())
    apart = fields.SetField(subfield=fields.StringField(), required=False)
    except_imports = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Lists every import of the package that goes elsewhere."""
        package = str(self.package)
        apart: set[str] = set(self.apart or ())  # type: ignore[arg-type, truthy-bool]  # fields become values
        parts = apart.union(*map(graph.find_descendants, apart))
        excepted = [pair.split(" -> ") for pair in self.except_imports or ()]  # type: ignore[truthy-bool, union-attr]
        free = {package, *self.allowed, *sys.stdlib_module_names}  # type: ignore[misc]  # as above
        found = sorted(
            (importer, imported)
            for importer in {package, *graph.find_descendants(package)} - parts
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported in parts or imported.partition(".")[0] not in free
            if not any(_within(importer, giver) and _within(imported, taken) for giver, taken in excepted)
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Prints one line for each import that is not allowed."""
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} imports {imported}")


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
