package sqldb

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"kept.dev/kit/errs"
)

// connectionLost tells whether the error says that PostgreSQL is away, and not that it refused a statement.
func connectionLost(err error) bool {
	var pg *pgconn.PgError
	if errors.Is(err, errTookTooLong) {
		return false
	}
	if errors.As(err, &pg) {
		class := pg.Code[:min(2, len(pg.Code))]
		return class == "57" && pg.Code != queryCanceled || class == "08" || pg.Code == "53300" || pg.Code == "25P03"
	}
	var netErr net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &netErr) || errors.As(err, &connect) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, errUnknownOutcome) || errors.Is(err, errLost)
}

var (
	// errUnknownOutcome marks a commit that was sent and never answered.
	errUnknownOutcome = errors.New("the connection broke during the commit")
	// errLost marks what failed on a connection that is closed now: pgx has many words for it.
	errLost = errors.New("the connection is lost")
)

// transient errors are those after which the same work may succeed when it is done again: serialization failures,
// deadlocks, and plans that were prepared before the schema changed.
func transient(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "40001", "40P01", "26000":
		return true
	case "0A000":
		return pg.Routine == "RevalidateCachedQuery"
	}
	return false
}

// queryCanceled is PostgreSQL's word for a statement whose time was over.
const queryCanceled = "57014"

// errTookTooLong is the same for SQLite, where the time is ours.
var errTookTooLong = errors.New("the statement took too long")

// TimedOut tells whether a statement, or its whole transaction, took longer than it may. That is the fault of the statement,
// or of how much it was given to do, and not an outage of the database: less of it may well succeed.
func TimedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == queryCanceled || errors.Is(err, errTookTooLong)
}

// Locked tells whether a statement waited for too long for rows that another transaction holds. It is neither the statement's
// fault nor an outage.
func Locked(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// classify says what callers may make of an error of the database.
func classify(err error) error {
	switch {
	case err == nil, errs.Is(err):
		return err
	case Locked(err):
		return errs.Unavailable("DATABASE_BUSY", "the rows are locked by others for too long").Because(err)
	case TimedOut(err):
		return errs.TimedOut("DATABASE_TIMEOUT", "the database needed too long for this; ask for less at a time").Because(err)
	case connectionLost(err):
		return errs.Unavailable("DATABASE_UNAVAILABLE", "the database cannot be reached").Because(err)
	}
	return err
}
