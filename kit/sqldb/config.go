package sqldb

import (
	"cmp"
	"time"
)

// Config says which database to open and how much may go on at once.
type Config struct {
	// URL is "postgres://…" or "sqlite:" and a file's path.
	URL string
	Connections
	Limits
	// OnGroup, when set, is told how many callers each commit served.
	OnGroup func(size int)
	// OnFault, when set, is told when an SQLite file can't be written or is found damaged, once each time that begins.
	OnFault func(err error)
}

// Connections are how many connections each use has at most. They are made when they are first needed. SQLite has one
// writer.
type Connections struct {
	Writes     int // transactions (default 8)
	Reads      int // reads (default 8)
	Background int // transactions and reads of work that nobody waits for (default 4)
	LongReads  int // reads that may take minutes (default 1)
}

// Total is how many connections that makes at most, with the one for pings.
func (c Connections) Total() int {
	c = c.withDefaults()
	return c.Writes + c.Reads + c.Background + c.LongReads + 1
}

func (c Connections) withDefaults() Connections {
	return Connections{
		Writes: orDefault(c.Writes, 8), Reads: orDefault(c.Reads, 8), Background: orDefault(c.Background, 4),
		LongReads: orDefault(c.LongReads, 1),
	}
}

// Limits are how long things may take and how many may wait.
type Limits struct {
	// Queue is how many callers of each use may wait for their turn (default 4096); more are refused.
	Queue int
	// Group is how many callers share one commit at most (default 64).
	Group int
	// Statement is how long a statement may take (default 5 s), LongRead how long one of LongReads (default 2 min). A statement
	// that waits for others' rows is given up at Lock (default 3 s), before it times out.
	Statement, LongRead, Lock time.Duration
	// Transaction bounds a transaction, and each read (default 20 s). A caller's own deadline bounds a read, too; of a transaction it is
	// looked at before its turn only.
	Transaction time.Duration
}

func (c Config) withDefaults() Config {
	c.Connections = c.Connections.withDefaults()
	c.Queue = orDefault(c.Queue, 4096)
	c.Group = orDefault(c.Group, 64)
	c.Statement = cmp.Or(c.Statement, 5*time.Second)
	c.LongRead = cmp.Or(c.LongRead, 2*time.Minute)
	c.Lock = cmp.Or(c.Lock, 3*time.Second)
	c.Transaction = cmp.Or(c.Transaction, 20*time.Second)
	if c.OnGroup == nil {
		c.OnGroup = func(int) {}
	}
	if c.OnFault == nil {
		c.OnFault = func(error) {}
	}
	return c
}

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}
