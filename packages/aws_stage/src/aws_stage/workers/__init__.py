"""Work in processes of its own: what a caller's input can hold up, exhaust or crash never holds the stage.

``process`` is the stage's side of one worker, ``pool`` keeps those that are at rest, ``loop`` runs inside a worker.
"""
