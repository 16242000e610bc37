package template

import (
	"sync"

	"kept.dev/kit/sqldb"
)

// latest has the latest versions of templates, as far as the transaction that asked last has read them: one that tells many
// facts reads each template once. Another transaction never sees them, so nobody writes by a version that is out of date.
type latest struct {
	mu    sync.Mutex
	tx    *sqldb.Tx
	found map[string]version
}

// of is the template's latest version.
func (l *latest) of(tx *sqldb.Tx, d *definition) (version, error) {
	if v, ok := l.remembered(tx, d.id); ok {
		return v, nil
	}
	rows, err := tx.Query(selectLatest, d.id)
	if err != nil {
		return version{}, err
	}
	v, err := d.latest(rows)
	if err == nil {
		l.remember(tx, d.id, v)
	}
	return v, err
}

func (l *latest) remembered(tx *sqldb.Tx, id string) (version, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.found[id]
	return v, ok && l.tx == tx
}

func (l *latest) remember(tx *sqldb.Tx, id string, v version) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tx != tx {
		l.tx, l.found = tx, map[string]version{}
	}
	l.found[id] = v
}
