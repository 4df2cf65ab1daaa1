"""Identity: who asks: tokens of issuers and of a demo, and the users that they name."""
