"""What the pictures of the final test set are made of (bpy)."""
