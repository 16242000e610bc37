package app

import "kept.dev/kit/sqldb"

// Connections are how many connections to PostgreSQL a process makes at most for each use. With one more for readiness, times the
// replicas of all services, they have to stay below the server's max_connections.
type Connections struct {
	DatabaseWrites     int `help:"Connections for transactions that somebody waits for." default:"6" group:"Storage"`
	DatabaseReads      int `help:"Connections for reads that somebody waits for." default:"3" group:"Storage"`
	DatabaseBackground int `help:"Connections for events, timers and tidying." default:"3" group:"Storage"`
	DatabaseLongReads  int `help:"Connections for reads that may take minutes, such as proofs." default:"1" group:"Storage"`
}

func (c Connections) sizes() sqldb.Connections {
	return sqldb.Connections{
		Writes: c.DatabaseWrites, Reads: c.DatabaseReads, Background: c.DatabaseBackground, LongReads: c.DatabaseLongReads,
	}
}
