"""Which pages of other origins may use a bucket: the rules, and what browsers are told of them."""
