"""What several tests need: real servers, started and ended by the suite itself."""
