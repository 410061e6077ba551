"""The manual's own code: pages made from the code at build time, and tutorials that run."""
