"""The log turned into state tables: by the follower as it grows, and by replay from its beginning."""
