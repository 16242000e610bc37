package importer

import (
	"time"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Phase is what is done with a file.
type Phase string

// The phases, one after the other.
const (
	Uploading Phase = "upload"
	Importing Phase = "import"
)

// Progress is how far a file has come in a phase.
type Progress struct {
	Phase       Phase
	Done, Total int64 // bytes; a Total of -1 is not known
	Rows        int64 // handled
	Paused      bool
	// How fast it goes lately; 0 when that is not known.
	BytesPerSecond, RowsPerSecond float64
}

func progressOf(i *orderv1.Import) Progress {
	return Progress{Phase: Importing, Done: i.GetProcessedSize(), Total: i.GetContentSize(), Rows: i.GetRowCount(),
		Paused: i.GetState() == orderv1.Import_PAUSED}
}

// Percent is how much is done, in whole percents; 100 is all. It is -1 when that is not known.
func (p Progress) Percent() int {
	if p.Total <= 0 {
		return -1
	}
	return int(min(p.Done, p.Total) * 100 / p.Total)
}

// Left is how long the rest takes if it goes on like this; -1 when that is not known.
func (p Progress) Left() time.Duration {
	if p.Total < 0 || p.BytesPerSecond <= 0 || p.Paused {
		return -1
	}
	return time.Duration(float64(max(0, p.Total-p.Done)) / p.BytesPerSecond * float64(time.Second))
}

const (
	// lately is how far a meter looks back: a pause, or somebody else's load, is soon forgotten.
	lately = 10 * time.Second
	// apart is how long it takes until it is worth looking again, and until a rate says anything.
	apart = lately / 40
)

// meter measures how fast it goes.
type meter struct{ seen []seen }

type seen struct {
	at         time.Time
	done, rows int64
}

// note fills in the rates.
func (m *meter) note(now time.Time, p Progress) Progress {
	for len(m.seen) > 1 && now.Sub(m.seen[1].at) >= lately {
		m.seen = m.seen[1:]
	}
	if len(m.seen) == 0 || now.Sub(m.seen[len(m.seen)-1].at) >= apart {
		m.seen = append(m.seen, seen{now, p.Done, p.Rows})
	}
	first := m.seen[0]
	if span := now.Sub(first.at); span >= apart {
		p.BytesPerSecond = float64(p.Done-first.done) / span.Seconds()
		p.RowsPerSecond = float64(p.Rows-first.rows) / span.Seconds()
	}
	return p
}
