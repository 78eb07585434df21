"""What a route accepts and how it declares it: routing, parameters, bodies, fields."""
