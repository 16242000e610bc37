package demo

import (
	"fmt"
	"io"
	"time"

	"kept.dev/suite/importer"
)

const (
	// smoothly is how often a terminal is written to at most.
	smoothly = 100 * time.Millisecond
	// seldom is how often anything else is.
	seldom = 5 * time.Second
)

// bar shows how far the import has come: on a terminal in a line that is written over, elsewhere in a line now and then.
type bar struct {
	to       io.Writer
	terminal bool
	last     importer.Progress
	shown    time.Time
}

// show shows progress unless something was shown just now.
func (b *bar) show(p importer.Progress) {
	if p.Phase != b.last.Phase {
		b.end()
	}
	b.last = p
	pause := seldom
	if b.terminal {
		pause = smoothly
	}
	if time.Since(b.shown) < pause {
		return
	}
	b.shown = time.Now()
	if b.terminal {
		fmt.Fprintf(b.to, "\r  %s\x1b[K", importer.Bar(p))
	} else {
		fmt.Fprintf(b.to, "  %s\n", importer.Line(p))
	}
}

// end leaves each phase as it was at last.
func (b *bar) end() {
	switch {
	case b.last.Phase == "":
	case b.terminal:
		fmt.Fprintf(b.to, "\r  %s\x1b[K\n", importer.Bar(b.last))
	default:
		fmt.Fprintf(b.to, "  %s\n", importer.Line(b.last))
	}
	b.last = importer.Progress{}
}
