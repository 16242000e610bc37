package demo

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// columns is how wide a line may be.
	columns = 100
	// label is how wide the column is that says who sees something, with the space around it.
	label = 12
)

// page is what is written for the reader.
type page struct {
	out  io.Writer
	bold bool
}

// title begins a part.
func (p *page) title(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.bold {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	fmt.Fprintf(p.out, "\n%s\n", text)
}

// text writes lines as they are.
func (p *page) text(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// line tells what somebody sees, in lines that are not too long.
func (p *page) line(who, text string) {
	lead := fmt.Sprintf("  %-*s", label-2, who)
	for _, line := range wrap(text, columns-label) {
		fmt.Fprintln(p.out, lead+line)
		lead = strings.Repeat(" ", label)
	}
}

// wrap breaks a text into lines. A word that is longer than a line has one of its own.
func wrap(text string, width int) (lines []string) {
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case line == "":
			line, length = word, size
		case length+1+size > width:
			lines = append(lines, line)
			line, length = word, size
		default:
			line, length = line+" "+word, length+1+size
		}
	}
	return append(lines, line)
}
