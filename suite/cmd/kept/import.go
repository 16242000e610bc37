package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kept.dev/kit/process"
	"kept.dev/suite/importer"
)

// ImportCmd takes a file of customers or orders in. What one has brought, kept import undo NAME takes back.
type ImportCmd struct {
	File   string `arg:"" optional:"" help:"The file; - is the standard input. To take an import back: undo NAME."`
	Follow string `help:"Follow an import that runs, such as imports/0190…, instead." placeholder:"NAME"`

	Caller
	DryRun bool `help:"Bring nothing: read the file to its end, and show what would come."`

	Name    string `help:"What the import is called; the file's name when empty." group:"File"`
	Preset  string `help:"The program that exported the file: shopify, woocommerce or 1c. It says which columns hold what." group:"File"`
	Format  string `help:"csv, xlsx, or cdnow for the text format of the CDNOW data set; known by the file's name." group:"File"`
	RowType string `help:"What a row is: customer, or order (the default) or a line of one." group:"File"`
	Issuer  string `help:"The system that the file comes from, such as erp: ids and order numbers are its own. The preset's name when empty." group:"File"`

	Currency string `help:"ISO 4217 code of amounts, where no column says it; the company's when empty." group:"Values that no column holds"`
	Product  string `help:"Id of what was bought, such as tea-pot." group:"Values that no column holds"`
	TimeZone string `help:"IANA time zone of dates, such as Europe/Kyiv; the company's when empty." group:"Values that no column holds"`
	Region   string `help:"Region to read telephone numbers in, such as UA; the company's when empty." group:"Values that no column holds"`
	Channel  string `help:"The way by which the orders came, such as web or phone." group:"Values that no column holds"`

	Map          []string `help:"Which column holds a value, such as customer_id=Kundennr or order_id=Beleg; repeatable." placeholder:"FIELD=TITLE" sep:"none" group:"CSV and XLSX"`
	DateOrder    string   `help:"day-month-year or month-day-year; dates like 2026-12-31 and 31.12.2026 when empty." group:"CSV and XLSX"`
	Encoding     string   `help:"How characters are encoded, such as windows-1251; found out when empty." group:"CSV and XLSX"`
	Delimiter    string   `help:"comma, semicolon, tab, pipe, or any one character; found out when empty." group:"CSV and XLSX"`
	DecimalComma bool     `help:"Amounts are written 1.234,56." xor:"decimal" group:"CSV and XLSX"`
	DecimalPoint bool     `help:"Amounts are written 1,234.56. Without either, the first amounts tell." xor:"decimal" group:"CSV and XLSX"`
}

// How kept import ends.
const (
	allTaken    = 0
	failed      = 1
	misused     = 2
	someFaulty  = 3
	interrupted = 130 // as shells count it: 128 and the number of SIGINT
)

// importMain runs the command, and returns the status with which the process has to end.
func importMain(args []string) int {
	if len(args) > 0 && args[0] == "undo" {
		return undoMain(args[1:])
	}
	var cmd ImportCmd
	err := process.Parse("kept import", &cmd, args)
	if errors.Is(err, process.ErrHelp) {
		return allTaken
	}
	var run *importRun
	if err == nil {
		run, err = newImportRun(cmd)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "kept import: %v\n", err)
		return misused
	}
	ctx, stop := process.Signals(context.Background())
	defer stop()
	return run.end(ctx, run.run(ctx))
}

// Caller is who imports, and where.
type Caller struct {
	URL       string `name:"url" help:"Kept's REST front door." default:"http://127.0.0.1:8080" group:"Server"`
	Token     string `help:"A manager's or an admin's token." secret:"" group:"Server"`
	TokenFile string `help:"The file that holds it." default:"data/admin-token" group:"Server"`
}

// client is the caller that the settings describe.
func (c *Caller) client() (*importer.Client, error) {
	token := c.Token
	if token == "" {
		raw, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("there is neither a --token nor a --token-file: %w", err)
		}
		token = strings.TrimSpace(string(raw))
	}
	return &importer.Client{URL: strings.TrimRight(c.URL, "/"), Token: token}, nil
}

// open opens the file. How long it is, only a real file tells.
func (c *ImportCmd) open(stdin io.Reader) (file io.ReadCloser, size int64, err error) {
	if c.File == "-" {
		return io.NopCloser(stdin), -1, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", c.File)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return f, -1, nil
	}
	return f, info.Size(), nil
}

// displayName is what the import is called.
func (c *ImportCmd) displayName() string {
	if c.File == "-" {
		return c.Name
	}
	return cmp.Or(c.Name, filepath.Base(c.File))
}
