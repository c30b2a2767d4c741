"""What the API answers, as it stands in OpenAPI; each model makes itself from the domain's values.

Bodies of operators' acts are in `services.requests`.
"""
