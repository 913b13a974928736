"""The HTTP API: routes by noun, the shapes of requests and answers, and problem documents."""
