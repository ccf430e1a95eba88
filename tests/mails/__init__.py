"""Every kind of mail as a whole, in each language. `python -m tests.mails` renews the expected files; the tests never do."""
