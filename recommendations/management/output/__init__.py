"""Terminal output of commands: progress bars and tables."""
