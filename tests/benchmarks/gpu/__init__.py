"""What a GPU is worth: exactness and speed of every kernel, in one command."""
