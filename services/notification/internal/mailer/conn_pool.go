package mailer

import (
	"slices"
	"sync"
	"time"
)

// idleFor is how long a connection is kept without a mail. It is shorter than servers' patience, so that one that is
// taken up again is hardly ever dead.
const idleFor = 5 * time.Second

// connPool has connections that wait for the next mail. As many can be kept as are ever in use.
type connPool struct {
	patience time.Duration // how long each is kept

	mu   sync.Mutex
	idle []*conn
}

// take takes the connection that was used last, or nil.
func (k *connPool) take() *conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.idle) == 0 {
		return nil
	}
	last := len(k.idle) - 1
	c := k.idle[last]
	k.idle = k.idle[:last]
	c.bored.Stop() // when it is too late for that, drop no longer finds the connection
	return c
}

// put keeps the connection for some seconds.
func (k *connPool) put(c *conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.idle = append(k.idle, c)
	c.bored = time.AfterFunc(k.patience, func() { k.drop(c) })
}

// drop ends the connection, unless it was taken.
func (k *connPool) drop(c *conn) {
	if k.remove(c) {
		c.quit()
	}
}

func (k *connPool) remove(c *conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := slices.Index(k.idle, c)
	if at < 0 {
		return false
	}
	k.idle = slices.Delete(k.idle, at, at+1)
	return true
}
