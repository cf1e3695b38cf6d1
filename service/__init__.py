"""The service: HTTP, storage, processes, clocks and keys around the domain and its projections."""
