"""REST API of the catalogue and of a member's ratings and lists."""
