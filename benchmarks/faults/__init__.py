"""Every fault that the site must survive, played against real processes."""
