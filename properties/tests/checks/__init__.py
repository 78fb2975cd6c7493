"""The properties, each with what it must see and what it must not."""
