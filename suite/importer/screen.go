package importer

import (
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// smoothly is how often a terminal is written to at most.
	smoothly = 100 * time.Millisecond
	// seldom is how often a log is.
	seldom = 5 * time.Second
)

// Screen shows progress: on a terminal as a bar that is written over, elsewhere as a line now and then.
type Screen struct {
	to       io.Writer
	terminal bool
	indent   string
	last     Progress
	shown    time.Time // when something was, or the beginning
}

// NewScreen makes a screen whose lines begin with indent.
func NewScreen(to io.Writer, terminal bool, indent string) *Screen {
	return &Screen{to: to, terminal: terminal, indent: indent, shown: time.Now()}
}

// IsTerminal tells whether somebody looks at the file as it is written.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Show shows progress unless something was shown just now.
func (s *Screen) Show(p Progress) {
	if p.Phase != s.last.Phase {
		s.End()
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
		fmt.Fprintf(s.to, "%s%s\n", s.indent, Line(p))
	}
}

// draw writes over the line that is there.
func (s *Screen) draw() { fmt.Fprintf(s.to, "\r%s%s\x1b[K", s.indent, Bar(s.last)) }

// End leaves the bar as it was at last.
func (s *Screen) End() {
	if s.terminal && s.last.Phase != "" {
		s.draw()
		fmt.Fprintln(s.to)
	}
	s.last = Progress{}
}
