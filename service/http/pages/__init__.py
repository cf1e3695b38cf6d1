"""What people see: pages in Dutch and English over the answers of the API."""
