"""What clients work towards, in their own words."""
