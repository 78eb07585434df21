"""Identity by AWS Cognito user pools: one pool for clients and proxies, another for staff."""
