package sqldb

// Waiting is the number of callers who wait to write in the foreground, the one whom a worker has in hand among them.
func (db *DB) Waiting() int {
	queue, slots := db.foreground()
	return len(queue.calls) + int(slots.waiting.Load())
}

// Queued is the number of callers whom no worker has in hand.
func (db *DB) Queued() int {
	queue, _ := db.foreground()
	return len(queue.calls)
}

func (db *DB) foreground() (*queue, *slots) {
	switch e := db.engine.(type) {
	case *sqliteFile:
		return e.writes, e.writer
	case *postgres:
		return e.shared, e.forWrites
	}
	return nil, nil
}

// DeclaredKeys is for its own test.
func DeclaredKeys(text string) map[string]string { return declaredKeys(text) }

// Closing tells whether new callers are turned away.
func (db *DB) Closing() bool {
	db.writing.mu.RLock()
	defer db.writing.mu.RUnlock()
	return db.writing.closed
}
