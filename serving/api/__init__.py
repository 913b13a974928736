"""The HTTP API: routes by noun, schemas of requests and responses, and problem documents."""
