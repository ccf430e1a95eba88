"""What tests share: servers, builders, checks of the source. Imported by tests only."""
