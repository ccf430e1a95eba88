"""Yhteistila: rooms lent by a wellbeing-services county to its associations.

The words of the trade, as the code uses them (the texts people see are in the translations):

room           what is lent; made of one or more spaces
space          the smallest piece of floor that is held as a whole; a hall that divides in two is two spaces
occupancy      the one table that holds a space's time: a row per space and stretch
booking        one organisation's asking for one room for one stretch of time
request        a booking that awaits a decision; it holds the room
block          time a unit keeps for itself
foreign        busy time another calendar claims; read, never refused
conflict       time already held that meets a wish
refusal        one rule's no, with a stable code
unit           a place of the county (toimipiste); its approvers decide
organisation   an association, an unregistered association, the county, a municipality
actor          the person who acts, with rights resolved
stale          decided on a version somebody has changed since
"""
