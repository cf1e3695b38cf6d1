"""The service over HTTP: routes, middleware, servers, and its description."""
