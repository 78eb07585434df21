"""Identity provider on AWS Cognito user pools: one pool for clients and proxies, another for staff."""
