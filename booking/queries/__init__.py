"""Reads shared by services, pages and the API. Nothing here changes a row. Access control is in the query: what an actor may not
see is not found."""
