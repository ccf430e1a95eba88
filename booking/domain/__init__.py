"""The rules of the trade, pure. Knows the standard library, periods and errors; no I/O, no clock, no session."""
