package imports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

const (
	// maxWorkbook bounds a workbook, maxUnpacked all that is in it, in bytes: it is taken apart in memory.
	maxWorkbook = 16 << 20
	maxUnpacked = 64 << 20
	// maxContent is how much content an import holds.
	maxContent = 64 << 20
	partSize   = 512 << 10
)

// workbook reads the content as it was written.
func (s *Service) workbook(ctx context.Context, j job) ([]byte, error) {
	if j.GetContentSize() > maxWorkbook {
		return nil, errs.Refused("IMPORT_TOO_LARGE", "a workbook has at most 16,777,216 bytes; save it as CSV")
	}
	return s.content(ctx, j, 0, j.GetContentSize())
}

var errWorkbook = errs.InvalidFields(errs.Field{Path: "import.format",
	Description: "the file is no workbook of Excel (.xlsx), or has a password, or more than 67,108,864 bytes in it; save it as CSV"})

// table is a workbook's first sheet that is not hidden, up to so many rows and bytes: its cells as they are kept, with commas between
// them, and each row a line.
func table(book []byte, rows, size int) ([]byte, error) {
	f, err := excelize.OpenReader(bytes.NewReader(book), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked,
	})
	if err != nil {
		return nil, errWorkbook
	}
	defer f.Close()
	sheet, err := f.Rows(firstSheet(f))
	if err != nil {
		return nil, errWorkbook
	}
	defer sheet.Close()
	var text bytes.Buffer
	to := csv.NewWriter(&text)
	for n := 0; n < rows && sheet.Next(); n++ {
		cells, err := sheet.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, errWorkbook
		}
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		if len(cells) == 0 {
			cells = []string{""}
		}
		if err := to.Write(cells); err != nil {
			return nil, err
		}
		if to.Flush(); text.Len() > size {
			return nil, errs.Refused("IMPORT_TOO_LARGE", "the table has more than 67,108,864 bytes; divide it")
		}
	}
	return text.Bytes(), errors.Join(to.Error(), sheet.Error())
}

func firstSheet(f *excelize.File) string {
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && visible {
			return name
		}
	}
	return f.GetSheetName(0)
}

// inexact is a number with more digits than Excel counts with: what is behind the fifteenth comes of its binary fractions.
var inexact = regexp.MustCompile(`^-?\d+\.\d{8,}([eE][-+]?\d+)?$`)

// cell is a cell's text on one line, and a number as Excel shows it.
func cell(text string) string {
	if inexact.MatchString(text) {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			text = fmt.Sprintf("%.15g", n)
			if strings.ContainsAny(text, "eE") {
				text = strconv.FormatFloat(n, 'f', -1, 64)
			}
		}
	}
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text)
}

// unpack puts the table in a workbook in the place of the workbook. A sheet that can't be read ends the import with one fault.
func (s *Service) unpack(ctx context.Context, j job) (func(context.Context, *sqldb.Tx) error, error) {
	book, err := s.workbook(ctx, j)
	if err != nil {
		return nil, err
	}
	text, err := table(book, 1<<30, maxContent)
	if err != nil {
		return s.give(j, err), nil
	}
	j.found.Unpacked = true
	found, err := json.Marshal(j.found)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		id := idOf(j.GetName())
		swapped, err := tx.Query(`
			update import_job set content = $2, found = $3 where id = $1 and state = 2 and handled = 0 returning id`, id, int64(len(text)), found)
		if err != nil || swapped.Len() == 0 {
			return err
		}
		tx.Exec(`delete from import_content where import_id = $1`, id)
		for start := 0; start < len(text); start += partSize {
			part := text[start:min(len(text), start+partSize)]
			tx.Exec(`insert into import_content (import_id, start, size, data) values ($1, $2, $3, $4)`, id, int64(start), int64(len(part)), part)
		}
		nextStep.Set(ctx, tx, id, s.clock.Now(), nil)
		return nil
	}, nil
}

// give gives an import up whose content can't be read at all.
func (s *Service) give(j job, fault error) func(context.Context, *sqldb.Tx) error {
	b := batch{rows: []row{{line: 1, fault: fault.Error()}}, offset: j.GetContentSize(), lines: 1, last: true}
	return func(ctx context.Context, tx *sqldb.Tx) error { return s.take(ctx, tx, j, b, nil) }
}
