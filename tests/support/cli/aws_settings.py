"""Settings of a deployment on AWS, as environment variables."""

AWS = {"PORTAL_AWS_REGION": "us-east-1"}
COGNITO = {
    "PORTAL_IDENTITY": "cognito",
    "PORTAL_COGNITO_POOL": "us-east-1_a",
    "PORTAL_COGNITO_CLIENT": "one",
    "PORTAL_COGNITO_CLIENT_SECRET": "the-client-secret",
    "PORTAL_COGNITO_STAFF_POOL": "us-east-1_b",
    "PORTAL_COGNITO_STAFF_CLIENT": "two",
    "PORTAL_COGNITO_STAFF_CLIENT_SECRET": "the-staff-secret",
    **AWS,
}
