"""Calendars: periods, items, iCalendar texts. A library below `booking`.

It knows periods, items, etags and calendar servers. It must not know rooms, rows, requests or
Flask: it would serve another service just as well.
"""
