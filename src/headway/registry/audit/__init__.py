"""What in the registry no reviewed change explains: findings, as functions of gathered facts."""
