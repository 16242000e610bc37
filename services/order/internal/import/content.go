package imports

import (
	"bytes"
	"context"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const selectContent = `
	select start, data from import_content
	where import_id = $1 and start + size > $2 and start < $3
	order by start`

// content reads so many bytes of the file, from an offset on; fewer at its end.
func (s *Service) content(ctx context.Context, j job, offset, size int64) ([]byte, error) {
	rows, err := s.db.Query(ctx, selectContent, idOf(j.GetName()), offset, offset+size)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, size)
	for rows.Next() {
		var start int64
		var data []byte
		if err := rows.Scan(&start, &data); err != nil {
			return nil, err
		}
		from, to := max(0, offset-start), min(int64(len(data)), offset+size-start)
		if start+from != offset+int64(len(out)) {
			return nil, errs.Internal("the content of %s has a gap", j.GetName())
		}
		out = append(out, data[from:to]...)
	}
	if int64(len(out)) < min(size, j.GetContentSize()-offset) {
		return nil, errs.Internal("the content of %s is not all there", j.GetName())
	}
	return out, nil
}

// byteOrderMark stands at the beginning of files that some programs write.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// opened is a file whose beginning has been read.
type opened struct {
	form
	titles
}

// form reads the beginning of the file, and so how its rows are to be read.
//
// Errors: titleFaults for columns that are missing.
func (s *Service) form(ctx context.Context, j job) (opened, error) {
	head, err := s.content(ctx, j, 0, maxRecord+int64(len(byteOrderMark)))
	if err != nil {
		return opened{}, err
	}
	zone, err := zoneOf(j.Import)
	if err != nil {
		return opened{}, err
	}
	o, now := opened{}, s.clock.Now()
	text := bytes.TrimPrefix(head, byteOrderMark)
	o.bytes = int64(len(head) - len(text))
	if j.GetFormat() == orderv1.Import_CDNOW {
		o.form = newCDNOW(j.Import, zone, now)
		if first, _ := nextRecord(text, o.form, true); isCDNOWTitle(first.text) {
			o.bytes, o.lines = o.bytes+int64(first.size), first.lines
		}
		return o, nil
	}
	first, _ := nextRecord(text, csvForm{spec: j.Import}, true)
	o.bytes, o.lines = o.bytes+int64(first.size), first.lines
	o.form, err = newCSV(j.Import, zone, now, first.text)
	return o, err
}
