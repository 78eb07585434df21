"""Mail by Amazon SES, version 2 of its API."""
