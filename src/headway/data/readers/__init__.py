"""One reader a format: each turns files as they are into a `Source`, and rounds, drops and moves nothing."""
