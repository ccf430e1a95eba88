"""The pages: Flask lives here. Knows requests, forms, texts and templates; no rule of the trade, and no SQL of its own.

A request goes edge (host, body size, CSRF, who) → form (wall time to UTC, errors by field) → service or query → template.
"""
