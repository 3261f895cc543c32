"""What changes while one broker process is loaded: slopes within a start, series over a slice, the end of a warm-up."""
