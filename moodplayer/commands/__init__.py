"""What each command but the player prints. Part of the command line; nothing else imports it."""
