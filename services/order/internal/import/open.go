package imports

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// found is what is found out about a file at its start, where its import does not say it. It is kept as JSON.
type found struct {
	Encoding  string `json:",omitempty"`
	Delimiter string `json:",omitempty"`
	Comma     *bool  `json:",omitempty"`
	// Unpacked tells that the content is not the workbook any more, but the table in it.
	Unpacked bool `json:",omitempty"`
}

// opened is a file whose beginning has been read.
type opened struct {
	form
	titles
	charset charset
	found   found
	columns []*orderv1.Import_Summary_Column
}

// headSize is how much of a file is read to find its titles and how it is written.
const headSize = 2 * (maxRecord + 4)

// form reads the beginning of the file, and so how its rows are to be read.
//
// Errors: titleFaults for columns that are missing, or there twice.
func (s *Service) form(ctx context.Context, j job) (opened, error) {
	zone, err := zoneOf(j.Import)
	if err != nil {
		return opened{}, err
	}
	head, err := s.content(ctx, j, 0, headSize)
	if err != nil {
		return opened{}, err
	}
	now := s.clock.Now()
	if j.GetFormat() == orderv1.Import_CDNOW {
		return openCDNOW(j, head, zone, now), nil
	}
	o := opened{found: j.found}
	if o.found.Encoding = cmp.Or(j.GetEncoding(), o.found.Encoding); o.found.Encoding == "" {
		if o.found.Encoding, err = s.detect(ctx, j, head); err != nil {
			return o, err
		}
	}
	if o.charset, err = charsetOf(o.found.Encoding); err != nil {
		return o, errs.Invalid("import.encoding", "%v", err)
	}
	return o, o.openCSV(j, head, zone, now)
}

func openCDNOW(j job, head []byte, zone *time.Location, now time.Time) opened {
	o := opened{charset: charset{name: utf8Name}}
	text := trimMark(head)
	o.bytes = int64(len(head) - len(text))
	o.form = newCDNOW(j.Import, zone, now)
	if first, _ := nextRecord(text, o.form, true); isCDNOWTitle(first.text) {
		o.bytes, o.lines = o.bytes+int64(first.size), first.lines
	}
	return o
}

// detect finds out the encoding by the first part that has anything but ASCII.
func (s *Service) detect(ctx context.Context, j job, head []byte) (string, error) {
	for offset := int64(0); ; {
		part, err := s.content(ctx, j, offset, detectSize)
		if err != nil {
			return "", err
		}
		if offset += int64(len(part)); len(part) == 0 || offset >= j.GetContentSize() || slices.ContainsFunc(part, notASCII) {
			return detect(slices.Concat(head[:min(len(head), 4)], fromFirst(part))), nil
		}
	}
}

const detectSize = 256 << 10

// notASCII tells bytes that say something about an encoding, as zeros do.
func notASCII(c byte) bool { return c >= 0x80 || c == 0 }

// fromFirst is what is around the first byte that is not ASCII: enough to tell by, from the beginning of its line on.
func fromFirst(part []byte) []byte {
	at := max(0, slices.IndexFunc(part, notASCII))
	at = bytes.LastIndexByte(part[:at], '\n') + 1
	return part[at:min(len(part), at+maxRecord)]
}

// titleRows is among how many rows at the beginning the titles are looked for: reports have headings above them.
const titleRows = 20

// delimiters are those that are found without being told, the usual first.
var delimiters = []string{",", ";", "\t", "|"}

// openCSV finds the titles, and with them what separates values and how amounts are written.
func (o *opened) openCSV(j job, head []byte, zone *time.Location, now time.Time) error {
	text, size := o.charset.narrow(head)
	rest := trimMark(text)
	mark := len(text) - len(rest)
	f := csvForm{
		spec: j.Import, zone: zone, now: now, layouts: layouts(j.GetDateOrder()), charset: o.charset, sheet: j.GetFormat() == orderv1.Import_XLSX,
	}
	wanted := f.candidates(cmp.Or(j.GetDelimiter(), o.found.Delimiter), rest)
	var faults titleFaults
	for _, delimiter := range wanted {
		f.delimiter = delimiter
		bytes, lines, wrong := f.findTitles(rest)
		if wrong != nil {
			faults = firstOf(faults, wrong)
			continue
		}
		o.found.Delimiter = delimiter
		o.bytes, o.lines = int64(size(text[:mark+bytes])), lines
		o.columns = f.at.summarized(f.titles)
		f.comma = o.decimalComma(j, f, rest[bytes:])
		o.form = f
		return nil
	}
	return faults
}

func firstOf(a, b titleFaults) titleFaults {
	if a == nil {
		return b
	}
	return a
}

// candidates are what may separate values: what the import says, else those that the first line has most of.
func (f csvForm) candidates(said string, text []byte) []string {
	if f.sheet {
		return delimiters[:1]
	}
	if said != "" {
		return []string{said}
	}
	first, _, _ := strings.Cut(strings.TrimLeft(string(text[:min(len(text), maxRecord)]), "\r\n \t"), "\n")
	sorted := slices.Clone(delimiters)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(strings.Count(first, b), strings.Count(first, a)) })
	return sorted
}

// findTitles finds the row with the titles among the first ones. It returns how many bytes and lines of the text come before the next.
func (f *csvForm) findTitles(text []byte) (size int, lines int64, faults titleFaults) {
	for range titleRows {
		if size == len(text) {
			break
		}
		r, _ := nextRecord(text[size:], *f, true)
		size, lines = size+r.size, lines+r.lines
		if blank(r.text) {
			continue
		}
		at, values, wrong := f.titlesIn(r)
		if wrong == nil {
			f.at, f.titles = at, values
			return size, lines, nil
		}
		faults = firstOf(faults, wrong)
	}
	if faults == nil {
		faults = titleFaults{{Path: "import.format", Description: "the file has no line with column titles"}}
	}
	return size, lines, faults
}

// titlesIn reads a row as titles.
func (f csvForm) titlesIn(r record) (columnIndex, []string, titleFaults) {
	text, err := f.charset.text(r.text)
	var values []string
	if err == nil {
		values, err = split(text, f.delimiter)
	}
	if err != nil {
		return nil, nil, titleFaults{{Path: "import.format", Description: "the first line " + err.Error()}}
	}
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	for len(values) > 0 && values[len(values)-1] == "" {
		values = values[:len(values)-1]
	}
	at, faults := place(f.spec, values)
	return at, values, faults
}

// amountColumns tell by what is in them how numbers are written.
var amountColumns = []string{"amount", "unit_price", "order_total", "shipping", "tax", "discount", "refunded"}

// decimalComma tells whether amounts have a decimal comma: as the import says, as was found before, or by the first amounts.
func (o *opened) decimalComma(j job, f csvForm, text []byte) bool {
	switch {
	case j.DecimalComma != nil:
		return j.GetDecimalComma()
	case f.sheet:
		return false
	case o.found.Comma != nil:
		return *o.found.Comma
	}
	comma := presets[j.GetPreset()].comma
	o.found.Comma = &comma
	for len(text) > 0 {
		r, _ := nextRecord(text, f, true)
		text = text[r.size:]
		raw, err := f.charset.text(r.text)
		values, err2 := split(raw, f.delimiter)
		if err != nil || err2 != nil || len(values) < len(f.titles) {
			continue
		}
		for _, name := range amountColumns {
			if says, sure := tellsComma(f.value(values, name)); sure {
				comma = says
				return comma
			}
		}
	}
	return comma
}
