"""The routes, one module per concept. Reading modules list `ROUTES`; writing ones have a router."""
