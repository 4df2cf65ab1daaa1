"""What the tests of the promises are generated with."""
