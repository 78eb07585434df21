"""How routes declare what they accept: routing, parameters, bodies, fields."""
