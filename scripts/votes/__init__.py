"""Looking at a stage's vote from outside: its screen, and the proof that each vote counts once."""
