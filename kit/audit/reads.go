package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

const (
	// every is how often reads are written down.
	every = time.Second
	// most is how many reads may wait to be written down. Whoever comes then writes them down first.
	most = 4096
	// lastly is how long a process that stops tries to write down what waits.
	lastly = 5 * time.Second
)

// Reads notes what is read.
type Reads struct {
	db  *sqldb.DB
	log *slog.Logger

	mu      sync.Mutex
	waiting map[record]time.Time
}

// NewReads makes the log of a service's reads. Nothing is written down before it runs.
func NewReads(db *sqldb.DB, log *slog.Logger) *Reads {
	return &Reads{db: db.Background(), log: log, waiting: map[record]time.Time{}}
}

// Note notes that the context's caller reads something. Of the same read within a second one is noted. Without
// a log (nil) nothing is.
//
// Errors: UNAVAILABLE when reads can't be written down, and too many wait already: then nothing may be shown.
func (r *Reads) Note(ctx context.Context, entries ...Entry) error {
	if r == nil {
		return nil
	}
	for !r.add(ctx, entries) {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// add adds the reads to those that wait, unless too many wait already.
func (r *Reads) add(ctx context.Context, entries []Entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) >= most {
		return false
	}
	now := time.Now()
	for _, e := range entries {
		record := recordOf(ctx, e)
		if _, known := r.waiting[record]; !known {
			r.waiting[record] = now
		}
	}
	return true
}

// Run writes reads down until the context ends, and then what still waits.
func (r *Reads) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.flushOrWarn(ctx)
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastly)
			defer cancel()
			r.flushOrWarn(ctx)
			return nil
		}
	}
}

func (r *Reads) flushOrWarn(ctx context.Context) {
	if err := r.flush(ctx); err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "reads cannot be written down for the audit and are tried again", "error", err)
	}
}

// flush writes down what waits. What can't be written goes on waiting.
func (r *Reads) flush(ctx context.Context) error {
	r.mu.Lock()
	taken := r.waiting
	r.waiting = map[record]time.Time{}
	r.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(taken))
	for record, at := range taken {
		rows = append(rows, record.row(opsv1.AuditEntry_READ, at))
	}
	err := r.db.Update(ctx, "audit.reads", func(tx *sqldb.Tx) error {
		tx.ExecValues(insert, rows, "")
		return nil
	})
	if err != nil {
		r.putBack(taken)
	}
	return err
}

func (r *Reads) putBack(taken map[record]time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for record, at := range taken {
		r.waiting[record] = at
	}
}

func stamp(micros int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micros)) }
