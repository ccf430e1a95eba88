"""Use cases: one public function is one change of the world. Session, actor and now are parameters; nothing here commits."""
