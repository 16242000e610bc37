package imports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	// stepRows is how many rows are taken in at a time.
	stepRows = 500
	// window is how much of the file is read for that; it has room for the longest record.
	window = 4 * maxRecord
)

// batch is what one step takes in.
type batch struct {
	rows      []row
	documents []*document // of the rows without a fault
	refused   []string    // the numbers of orders that are not taken in
	form      form
	offset    int64 // how far the file is handled after it, in bytes and in lines
	lines     int64
	last      bool
}

// step takes the next rows in. It may do so more often than once, when a process dies: the customer service answers a repeated
// request as before, and what the rows say is written together with how far the import has come.
func (s *Service) step(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	j, err := s.find(ctx, collection+t.Key)
	if err != nil {
		return nil, err
	}
	undoing := j.GetState() == orderv1.Import_UNDOING
	if j.GetState() != orderv1.Import_RUNNING && !undoing {
		return nothing, nil
	}
	if err := s.waitForOthers(ctx); err != nil {
		return nil, err
	}
	if undoing {
		return s.takeBack(ctx, j)
	}
	if j.GetFormat() == orderv1.Import_XLSX && !j.found.Unpacked {
		return s.unpack(ctx, j)
	}
	if j.GetProcessedSize() == j.GetContentSize() {
		return s.takeReturns(ctx, j)
	}
	b, err := s.nextBatch(ctx, j)
	if err != nil {
		return nil, err
	}
	created, err := s.identify(ctx, j, &b)
	if err != nil {
		return nil, fmt.Errorf("ask who the customers are: %w", err)
	}
	return func(ctx context.Context, tx *sqldb.Tx) error { return s.take(ctx, tx, j, b, created) }, nil
}

func nothing(context.Context, *sqldb.Tx) error { return nil }

// An import runs ahead of the other services by so many steps and not more: they are there for others, too.
const (
	stepsAhead = 4
	lookAgain  = 10 * time.Millisecond
)

// waitForOthers waits until the services that hear of imported orders have come after.
func (s *Service) waitForOthers(ctx context.Context) error {
	for {
		behind, err := s.behind(ctx)
		if err != nil || behind < stepsAhead {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// nextBatch reads the rows that come next.
func (s *Service) nextBatch(ctx context.Context, j job) (batch, error) {
	file, err := s.form(ctx, j)
	var titleless titleFaults
	if errors.As(err, &titleless) { // it was written anew at the moment of its start
		return batch{rows: []row{{line: 1, fault: titleless.Error()}}, offset: j.GetContentSize(), lines: 1, last: true}, nil
	}
	if err != nil {
		return batch{}, err
	}
	b := batch{form: file.form, offset: max(j.GetProcessedSize(), file.bytes), lines: max(j.lines, file.lines)}
	raw, err := s.content(ctx, j, b.offset, window)
	if err != nil {
		return batch{}, err
	}
	fileEnds := b.offset+int64(len(raw)) == j.GetContentSize()
	data, size := file.charset.narrow(raw)
	within, err := s.withinLine(ctx, j, file, b.offset)
	if err != nil {
		return batch{}, err
	}
	if within {
		rest := restOfLine(data)
		b.offset += int64(size(data[:rest]))
		data = data[rest:]
	}
	b.fill(data, file.form, fileEnds, size)
	if fileEnds && j.GetContentSize()-b.offset <= 1 { // half a character is left of a wide text that was cut
		b.offset = j.GetContentSize()
	}
	b.last = b.offset == j.GetContentSize()
	b.understand(file.form)
	return b, nil
}

// withinLine tells whether the file has been handled up to a place within a line. That line was longer than a window, and is
// a fault already.
func (s *Service) withinLine(ctx context.Context, j job, file opened, offset int64) (bool, error) {
	if offset <= file.bytes {
		return false, nil
	}
	width := int64(1)
	if file.charset.isWide() {
		width = 2
	}
	raw, err := s.content(ctx, j, offset-width, width)
	before, _ := file.charset.narrow(raw)
	return err == nil && string(before) != "\n", err
}

// fill cuts the data into rows, as many as there are or are wanted. size tells of so much of it how long it is in the file.
func (b *batch) fill(data []byte, f form, fileEnds bool, size func([]byte) int) {
	for len(data) > 0 && len(b.rows) < stepRows {
		r, whole := nextRecord(data, f, fileEnds)
		if !whole {
			return
		}
		if r.fault != "" || !blank(r.text) {
			if next := understand(r, f, b.lines+1); !next.empty {
				next.offset = b.offset
				b.rows = append(b.rows, next)
			}
		}
		b.offset += int64(size(data[:r.size]))
		data = data[r.size:]
		b.lines += r.lines
	}
}

// understand makes documents of the rows.
func (b *batch) understand(f form) {
	if values, ok := f.(csvForm); ok && values.numbered() {
		b.assemble(values)
		return
	}
	for i, r := range b.rows {
		if r.fault != "" {
			continue
		}
		d := r.order
		if d == nil {
			d = &document{customer: r.customer}
		}
		d.rows, d.line = []int{i}, r.line
		b.documents = append(b.documents, d)
	}
}

func blank(text []byte) bool {
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

func understand(r record, f form, line int64) row {
	if r.fault != "" {
		return row{line: line, fault: r.fault}
	}
	understood, err := f.read(r.text)
	if err != nil {
		return row{line: line, fault: err.Error()}
	}
	understood.line = line
	return understood
}
