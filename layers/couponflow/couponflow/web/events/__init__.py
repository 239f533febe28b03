"""The consumer of the table's stream."""
