package sqldb

// Waiting is the number of callers in the queue.
func (db *DB) Waiting() int { return len(db.shared.calls) }

// DeclaredKeys is for its own test.
func DeclaredKeys(text string) map[string]string { return declaredKeys(text) }

// Closing tells whether new callers are turned away.
func (db *DB) Closing() bool {
	db.shared.mu.RLock()
	defer db.shared.mu.RUnlock()
	return db.shared.closed
}
