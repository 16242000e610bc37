package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/process"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/suite/importer"
	"kept.dev/suite/importer/importtest"
)

// newRun is a run as the command line has it, against a server of the test.
func newRun(t *testing.T, s *importtest.Server, args ...string) (r *importRun, out, complaints *bytes.Buffer) {
	t.Helper()
	var cmd ImportCmd
	require.NoError(t, process.Parse("kept import", &cmd, append([]string{"--token=t0k3n", "--url=" + s.URL}, args...)))
	r, err := newImportRun(cmd)
	require.NoError(t, err)
	out, complaints = &bytes.Buffer{}, &bytes.Buffer{}
	r.out, r.err, r.screen = out, complaints, importer.NewScreen(complaints, false, "")
	if r.client, err = cmd.client(); err == nil {
		r.client.Every = time.Millisecond
	}
	require.NoError(t, err)
	return r, out, complaints
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func ended(state orderv1.Import_State, faults int64) *orderv1.Import {
	return &orderv1.Import{State: state, ContentSize: 10, ProcessedSize: 10, RowCount: 6919, CustomerCount: 2357, OrderCount: 6900,
		UnchangedCount: 7, FaultCount: faults}
}

const counts = `  rows                  6,919
  new customers         2,357
  new orders            6,900
  unchanged rows            7
`

func TestAFileIsTakenIn(t *testing.T) {
	s := importtest.New(t)
	s.Go(&orderv1.Import{State: orderv1.Import_RUNNING}, ended(orderv1.Import_SUCCEEDED, 0))
	r, out, complaints := newRun(t, s, file(t, "Orders.CSV", "a,b\n"), "--issuer=erp", "--row-type=order", "--currency=EUR",
		"--product=tea", "--time-zone=Europe/Kyiv", "--region=UA", "--channel=phone", "--date-order=day-month-year",
		"--delimiter=semicolon", "--decimal-comma", "--encoding=windows-1251", "--preset=1c", "--dry-run", "--map=customer_id=Kunde, Nr=1", "--map", "ordered=Datum")
	require.Equal(t, allTaken, r.end(t.Context(), r.run(t.Context())), complaints)
	require.Equal(t, "imports/0190 has taken in all of the file.\n"+counts+"  faulty rows               0\n", out.String())
	require.Empty(t, complaints.String(), "it was soon over")
	spec, content, _, token := s.Seen()
	require.Equal(t, "a,b\n", content)
	require.Equal(t, "Bearer t0k3n", token)
	want := &orderv1.Import{DisplayName: "Orders.CSV", Format: orderv1.Import_CSV, RowType: orderv1.Import_ORDER, Issuer: "erp",
		CurrencyCode: "EUR", ProductId: "tea", TimeZone: "Europe/Kyiv", RegionCode: "UA", Channel: typepb.Channel_PHONE,
		DateOrder: orderv1.Import_DAY_MONTH_YEAR, Delimiter: ";", DecimalComma: new(true), Encoding: "windows-1251", Preset: orderv1.Import_ONE_C, ValidateOnly: true,
		Mapping: &orderv1.Import_Mapping{CustomerId: "Kunde, Nr=1", Ordered: "Datum"}}
	require.True(t, proto.Equal(want, spec), spec)
}

func TestTheStandardInputIsTakenIn(t *testing.T) {
	s := importtest.New(t)
	s.Go(ended(orderv1.Import_SUCCEEDED, 0))
	r, _, complaints := newRun(t, s, "-", "--issuer=cdnow", "--format=cdnow", "--name=sample")
	r.in = strings.NewReader("1 19970101 1 11.77\n")
	require.Equal(t, allTaken, r.end(t.Context(), r.run(t.Context())), complaints)
	spec, content, _, _ := s.Seen()
	require.Equal(t, "1 19970101 1 11.77\n", content)
	require.Equal(t, "sample", spec.GetDisplayName())
	require.Equal(t, orderv1.Import_CDNOW, spec.GetFormat())
}

func TestFaultyRowsAreTold(t *testing.T) {
	s := importtest.New(t)
	s.Go(ended(orderv1.Import_SUCCEEDED, 1234))
	var faults []*orderv1.ImportFault
	for line := range int64(12) {
		faults = append(faults, &orderv1.ImportFault{Name: fmt.Sprint("imports/0190/faults/", line), Line: line, Reason: "no amount"})
	}
	s.Fault(faults...)
	r, out, _ := newRun(t, s, file(t, "orders.csv", "a,b\n"), "--issuer=erp")
	require.Equal(t, someFaulty, r.end(t.Context(), r.run(t.Context())))
	var want strings.Builder
	want.WriteString("imports/0190 has taken in all of the file.\n" + counts + "  faulty rows           1,234\n")
	for line := range 10 {
		fmt.Fprintf(&want, "line %d: no amount\n", line)
	}
	fmt.Fprintf(&want, "and 1,224 more: GET %s/v1/imports/0190/faults\n", s.URL)
	require.Equal(t, want.String(), out.String())

	s.Refuse("ListImportFaults", errs.Unavailable("DRAINING", "come again"))
	r, out, complaints := newRun(t, s, "--follow=imports/0190")
	require.Equal(t, someFaulty, r.end(t.Context(), r.run(t.Context())))
	require.Contains(t, out.String(), "and 1,234 more")
	require.Equal(t, "kept import: listing the faults of imports/0190: come again\n", complaints.String())
}

func TestWhatFails(t *testing.T) {
	s := importtest.New(t)
	s.Refuse("StartImport", errs.Invalid("import.mapping.customer_id", "there is no column with the title Kunde"))
	r, out, complaints := newRun(t, s, file(t, "orders.csv", "a,b\n"), "--issuer=erp")
	require.Equal(t, failed, r.end(t.Context(), r.run(t.Context())))
	require.Equal(t, "kept import: starting imports/0190: import.mapping.customerId: there is no column with the title Kunde\n", complaints.String())
	require.Empty(t, out.String())
	_, _, state, _ := s.Seen()
	require.Equal(t, orderv1.Import_CANCELLED, state)

	s.Go(ended(orderv1.Import_CANCELLED, 0))
	r, out, _ = newRun(t, s, "--follow=imports/0190")
	require.Equal(t, failed, r.end(t.Context(), r.run(t.Context())))
	require.Contains(t, out.String(), "imports/0190 was cancelled; what it had imported stays.\n"+counts)

	for path, says := range map[string]string{filepath.Join(t.TempDir(), "none.csv"): "no such file", t.TempDir(): "is a folder"} {
		r, _, complaints = newRun(t, s, path, "--issuer=erp", "--format=csv")
		require.Equal(t, failed, r.end(t.Context(), r.run(t.Context())))
		require.Contains(t, complaints.String(), says)
	}
}

func TestInterruptedDuringTheUpload(t *testing.T) {
	s := importtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.Asked(func(method string) {
		if method == "WriteImportContent" {
			cancel()
		}
	})
	r, _, complaints := newRun(t, s, file(t, "orders.csv", strings.Repeat("x", 1<<20)), "--issuer=erp")
	require.Equal(t, interrupted, r.end(ctx, r.run(ctx)))
	require.Equal(t, "kept import: interrupted before the import began; it is called off\n", complaints.String())
	_, _, state, _ := s.Seen()
	require.Equal(t, orderv1.Import_CANCELLED, state)
}

func TestInterruptedDuringTheImport(t *testing.T) {
	s := importtest.New(t)
	s.Go(&orderv1.Import{State: orderv1.Import_RUNNING})
	ctx, cancel := context.WithCancel(t.Context())
	s.Asked(func(method string) {
		if method == "GetImport" {
			cancel()
		}
	})
	r, _, complaints := newRun(t, s, file(t, "orders.csv", "a,b\n"), "--issuer=erp")
	require.Equal(t, interrupted, r.end(ctx, r.run(ctx)))
	require.Equal(t, strings.ReplaceAll(`
imports/0190 goes on on the server. To follow, pause or cancel it:
  kept import --follow imports/0190 --url URL
  curl -X POST -H "Authorization: Bearer $TOKEN" URL/v1/imports/0190:pause
  curl -X POST -H "Authorization: Bearer $TOKEN" URL/v1/imports/0190:cancel
`, "URL", s.URL), complaints.String())
	require.NotContains(t, complaints.String(), "t0k3n")
	_, _, state, _ := s.Seen()
	require.Equal(t, orderv1.Import_RUNNING, state)
}

func TestWhatCanNotBeMeant(t *testing.T) {
	for args, says := range map[string]string{
		"":                                                 "name the FILE",
		"a.csv --follow=imports/1":                         "--follow goes without a file",
		"--follow=1":                                       "is no import's name",
		"--follow=imports/../orders":                       "is no import's name",
		"a.csv":                                            "--issuer is missing",
		"a.txt --issuer=erp":                               "--format is missing: csv, xlsx or cdnow",
		"- --issuer=erp":                                   "--format is missing: csv, xlsx or cdnow",
		"a.csv --issuer=erp --format=xml":                  "--format=xml is not one of csv, cdnow, xlsx",
		"a.csv --issuer=erp --row-type=subject":            "--row-type=subject is not one of customer, order",
		"a.csv --issuer=erp --channel=smoke":               "--channel=smoke is not one of web, app, phone, store, partner, email",
		"a.csv --issuer=erp --date-order=year":             "--date-order=year is not one of day-month-year, month-day-year",
		"a.csv --issuer=erp --delimiter=||":                "--delimiter=|| is neither one character nor one of comma, semicolon, tab, pipe",
		"a.csv --issuer=erp --preset=magento":              "--preset=magento is not one of shopify, woocommerce, 1c",
		"a.csv --issuer=erp --map=colour=Farbe":            `there is no field "colour", but customer_id, display_name, email`,
		"a.csv --issuer=erp --map=amount":                  "the column's title is missing, as in amount=Title",
		"a.csv --issuer=erp --map=amount=A --map=amount=B": "amount has a column already",
	} {
		var cmd ImportCmd
		require.NoError(t, process.Parse("kept import", &cmd, strings.Fields(args)))
		_, err := newImportRun(cmd)
		require.ErrorContains(t, err, says, args)
	}
	require.Equal(t, misused, importMain([]string{"--colour"}))
	require.Equal(t, misused, importMain(nil))
}

func TestTokens(t *testing.T) {
	c := Caller{TokenFile: file(t, "token", "t0k3n\n"), URL: "http://x/"}
	client, err := c.client()
	require.NoError(t, err)
	require.Equal(t, "t0k3n", client.Token)
	require.Equal(t, "http://x", client.URL)
	c.TokenFile = "none"
	_, err = c.client()
	require.ErrorContains(t, err, "there is neither a --token nor a --token-file")
}
