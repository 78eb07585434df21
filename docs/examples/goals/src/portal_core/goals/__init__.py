"""Goals: what a client works towards, in the client's own words."""
