package imports

import (
	"bytes"
	"fmt"
)

// maxRecord is how long a row may be, in bytes. A quote that is never closed would otherwise take the rest of the file for one
// value.
const maxRecord = 64 << 10

// record is one row of a file as it stands there.
type record struct {
	text  []byte // without what ends it
	size  int    // in bytes, with that
	lines int64
	fault string
}

// nextRecord cuts the first record off the data. Where it may go on after the data's end and the file does, there is none yet.
//
// In quoted forms a quote counts at the beginning of a value only, as RFC 4180 has it: one in the middle of a word spoils its own
// row and no other.
func nextRecord(data []byte, f form, fileEnds bool) (r record, whole bool) {
	delimiter, quoted := f.quoted()
	open, fresh := false, true // within quotes; where a value begins
	for i, c := range data {
		switch {
		case i >= maxRecord:
			return tooLong(data), true
		case c == '"' && quoted && (open || fresh):
			open, fresh = !open, !fresh && open // a second quote after a closing one opens again
		case c == '\n' && !open:
			return cut(data, i, i+1), true
		default:
			fresh = !open && quoted && bytes.HasSuffix(data[:i+1], delimiter)
		}
	}
	switch {
	case !fileEnds:
		return record{}, false
	case open:
		return tooLong(data), true
	}
	return cut(data, len(data), len(data)), true
}

func cut(data []byte, end, size int) record {
	lines := int64(bytes.Count(data[:size], []byte{'\n'}))
	if end == size { // the file's last line, which nothing ends
		lines++
	}
	return record{text: bytes.TrimSuffix(data[:end], []byte{'\r'}), size: size, lines: lines}
}

// tooLong gives the first line up, and what comes after it a chance. Where the line goes on beyond the data, restOfLine
// passes over what is left of it: it is one fault, however long it is.
func tooLong(data []byte) record {
	return record{size: restOfLine(data), lines: 1,
		fault: fmt.Sprintf("is longer than %d bytes, or begins a value with a quote that is never closed", maxRecord)}
}

// restOfLine is how many bytes of the data the line has that they begin with or in, with what ends it.
func restOfLine(data []byte) int {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1
	}
	return len(data)
}
