"""What every engine stands on: its interface, settings, clock, and what several services of AWS do alike."""
