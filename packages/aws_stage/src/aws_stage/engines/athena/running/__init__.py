"""Running queries: the workers, what each statement does, and where its results go."""
