"""Objects that browsers upload by posting a form, with a signed policy instead of a signed request."""
