"""Function URLs: what they are, the event that a request makes, and the response that a function's answer is."""
