"""What runs in the process of its own: ArcadeDB, openCypher as Neptune speaks it, and answers in Neptune's JSON."""
