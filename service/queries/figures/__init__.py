"""Tables of figures as they are answered: rows told by rule, parameters of the request, and written in every format."""
