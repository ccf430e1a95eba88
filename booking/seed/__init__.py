"""Data to try the service with (`demo`) and to measure it by (`scale`). Knows every noun below; must not know the web.

What is told of North Karelia lies as JSON in `data`; places, associations and persons are made up and marked so.
"""
