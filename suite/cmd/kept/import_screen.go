package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"kept.dev/suite/importer"
)

const (
	// smoothly is how often a terminal is written to at most.
	smoothly = 100 * time.Millisecond
	// seldom is how often a log is.
	seldom = 5 * time.Second
)

// screen shows progress: on a terminal as a bar that is written over, elsewhere as a line now and then.
type screen struct {
	to       io.Writer
	terminal bool
	last     importer.Progress
	shown    time.Time // when something was, or the beginning
}

func newScreen(to *os.File) *screen {
	info, err := to.Stat()
	return &screen{to: to, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0, shown: time.Now()}
}

// show shows progress unless something was shown just now.
func (s *screen) show(p importer.Progress) {
	if p.Phase != s.last.Phase {
		s.end()
	}
	s.last = p
	pause := seldom
	if s.terminal {
		pause = smoothly
	}
	if time.Since(s.shown) < pause {
		return
	}
	s.shown = time.Now()
	if s.terminal {
		s.draw()
	} else {
		fmt.Fprintln(s.to, importer.Line(p))
	}
}

// draw writes over the line that is there.
func (s *screen) draw() { fmt.Fprintf(s.to, "\r%s\x1b[K", importer.Bar(s.last)) }

// end leaves the bar as it was at last.
func (s *screen) end() {
	if s.terminal && s.last.Phase != "" {
		s.draw()
		fmt.Fprintln(s.to)
	}
	s.last = importer.Progress{}
}
