"""lab/bench: contenders, what is measured of them, the claims that are judged, and the page that tells."""
