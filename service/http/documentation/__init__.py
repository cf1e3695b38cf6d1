"""The documentation of the API for people: a page of Swagger UI, all of it from files that come with the service."""
