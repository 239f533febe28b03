"""The edge: what comes in over HTTP, who sent it, and how it is answered."""
