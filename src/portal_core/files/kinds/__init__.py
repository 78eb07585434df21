"""Which kinds of files are taken, and how a file's content is recognized as one of them."""
