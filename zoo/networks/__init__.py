"""Complete networks that two or more papers share."""
