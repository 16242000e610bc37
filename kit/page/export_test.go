package page

// Sum is the checksum that a token with these keys begins with.
func (q *Query) Sum(keys []byte) []byte { return q.sum(keys) }
