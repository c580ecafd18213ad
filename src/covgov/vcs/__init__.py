"""The git edge: commit graph, diff, blobs."""
