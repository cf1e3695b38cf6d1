"""The OpenAPI document: made from the routes, the facts and the figures."""
