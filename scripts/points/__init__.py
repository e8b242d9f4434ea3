"""From operators' files to prepared batches of points: mapping, taps paired into trips, quantification, batch files."""
