package importer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
	"kept.dev/suite/importer/importtest"
)

var erp = &orderv1.Import{DisplayName: "orders.csv", Format: orderv1.Import_CSV, Issuer: "erp",
	Mapping: &orderv1.Import_Mapping{CustomerId: "Kundennr"}}

func newClient(s *importtest.Server) *importer.Client {
	return &importer.Client{URL: s.URL + "/", Token: "t0k3n", HTTP: s.Client(), Every: time.Millisecond}
}

func step(state orderv1.Import_State, handled, rows int64) *orderv1.Import {
	return &orderv1.Import{State: state, ContentSize: 1000, ProcessedSize: handled, RowCount: rows}
}

func nobody(importer.Progress) {}

func TestAFileFromBeginningToEnd(t *testing.T) {
	s := importtest.New(t)
	s.Go(step(orderv1.Import_RUNNING, 0, 0), step(orderv1.Import_RUNNING, 500, 5), step(orderv1.Import_PAUSED, 500, 5),
		step(orderv1.Import_RUNNING, 700, 7), step(orderv1.Import_SUCCEEDED, 1000, 10))
	c := newClient(s)
	file := strings.Repeat("customer,amount\n", 60_000)
	var sent int64
	name, err := c.Send(t.Context(), erp, strings.NewReader(file), int64(len(file)), func(p importer.Progress) {
		require.Equal(t, importer.Uploading, p.Phase)
		require.Equal(t, int64(len(file)), p.Total)
		require.Greater(t, p.Done, sent)
		sent = p.Done
	})
	require.NoError(t, err)
	require.Equal(t, importtest.Name, name)
	require.Equal(t, int64(len(file)), sent)
	spec, content, state, token := s.Seen()
	require.Equal(t, "Kundennr", spec.GetMapping().GetCustomerId())
	require.Equal(t, "Bearer t0k3n", token)
	require.Equal(t, file, content)
	require.Equal(t, orderv1.Import_RUNNING, state)

	var seen []string
	ended, err := c.Follow(t.Context(), name, func(p importer.Progress) {
		seen = append(seen, fmt.Sprint(p.Phase, p.Done, p.Total, p.Rows, p.Paused))
	})
	require.NoError(t, err)
	require.Equal(t, []string{"import0 1000 0 false", "import500 1000 5 false", "import500 1000 5 true", "import700 1000 7 false",
		"import1000 1000 10 false"}, seen)
	require.Equal(t, orderv1.Import_SUCCEEDED, ended.GetState())
	require.Equal(t, int64(10), ended.GetRowCount())
}

func TestAFileOfUnknownSize(t *testing.T) {
	s := importtest.New(t)
	_, err := newClient(s).Send(t.Context(), erp, iotest.OneByteReader(strings.NewReader("a,b\n")), -1, nobody)
	require.NoError(t, err)
	_, content, _, _ := s.Seen()
	require.Equal(t, "a,b\n", content)
}

// What can't be started is not left lying around.
func TestWhatFailsIsCalledOff(t *testing.T) {
	for method, fault := range map[string]error{
		"WriteImportContent": errs.Refused("IMPORT_TOO_LARGE", "an import holds at most 67,108,864 bytes"),
		"StartImport":        errs.InvalidFields(errs.Field{Path: "import.mapping.customer_id", Description: "there is no such column"}, errs.Field{Path: "import.mapping.amount", Description: "nor such"}),
	} {
		s := importtest.New(t)
		s.Refuse(method, fault)
		_, err := newClient(s).Send(t.Context(), erp, strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20, nobody)
		require.Error(t, err)
		_, _, state, _ := s.Seen()
		require.Equal(t, orderv1.Import_CANCELLED, state, method)
		var told *importer.Error
		require.ErrorAs(t, err, &told)
		if method == "StartImport" {
			require.Equal(t, 400, told.Status)
			require.EqualError(t, err, "starting imports/0190: 2 faults\n  import.mapping.customerId: there is no such column\n  import.mapping.amount: nor such")
			require.Equal(t, "INVALID_REQUEST", told.Reason)
			continue
		}
		require.Equal(t, 409, told.Status)
		require.EqualError(t, err, "sending the file: an import holds at most 67,108,864 bytes")
		require.Equal(t, "IMPORT_TOO_LARGE", told.Reason)
	}
}

func TestAFileThatCanNotBeRead(t *testing.T) {
	s := importtest.New(t)
	_, err := newClient(s).Send(t.Context(), erp, iotest.ErrReader(errors.New("the disk is gone")), 7, nobody)
	require.EqualError(t, err, "reading the file: the disk is gone")
	_, _, state, _ := s.Seen()
	require.Equal(t, orderv1.Import_CANCELLED, state)
}

// Whoever gives up during the upload has imported nothing, even where the file is a pipe in which nothing comes.
func TestAnUploadIsGivenUp(t *testing.T) {
	s := importtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	pipe, writer := io.Pipe()
	defer writer.Close()
	go func() { _, _ = writer.Write([]byte("a,b\n")) }()
	_, err := newClient(s).Send(ctx, erp, pipe, -1, func(importer.Progress) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	_, content, state, _ := s.Seen()
	require.Equal(t, orderv1.Import_CANCELLED, state)
	require.Empty(t, content)
}

// An import goes on when a server comes back: who follows it waits for that.
func TestAServerThatIsAwayForAWhile(t *testing.T) {
	s := importtest.New(t)
	s.Go(step(orderv1.Import_RUNNING, 100, 1), step(orderv1.Import_SUCCEEDED, 1000, 10))
	looks := 0
	s.Asked(func(string) {
		switch looks++; looks {
		case 2:
			s.Refuse("GetImport", errs.Unavailable("DRAINING", "come again"))
		case 5:
			s.Refuse("GetImport", nil)
		}
	})
	ended, err := newClient(s).Follow(t.Context(), importtest.Name, nobody)
	require.NoError(t, err)
	require.Equal(t, orderv1.Import_SUCCEEDED, ended.GetState())
	require.Equal(t, 5, looks)
}

func TestWhatCanNotBeFollowed(t *testing.T) {
	s := importtest.New(t)
	c := newClient(s)
	_, err := c.Follow(t.Context(), "imports/none", nobody)
	require.EqualError(t, err, `looking at imports/none: "imports/none" does not exist`)
	s.Refuse("GetImport", errs.Unavailable("DRAINING", "come again"))
	_, err = c.Follow(t.Context(), importtest.Name, nobody)
	require.ErrorContains(t, err, "come again", "who has never been there is not waited for")
	s.Refuse("GetImport", nil)
	s.Go(step(orderv1.Import_UPLOADING, 0, 0))
	_, err = c.Follow(t.Context(), importtest.Name, nobody)
	require.EqualError(t, err, "imports/0190 has not been started")
	s.Go(step(orderv1.Import_RUNNING, 0, 0))
	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Follow(ctx, importtest.Name, func(importer.Progress) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	s.Go(step(orderv1.Import_RUNNING, 0, 0))
	_, err = c.Follow(t.Context(), importtest.Name, func(importer.Progress) { s.Refuse("GetImport", errs.Denied("ROLE", "not you")) })
	require.ErrorContains(t, err, "not you")
}

func TestFaultsComeOverAllPages(t *testing.T) {
	s := importtest.New(t)
	var faults []*orderv1.ImportFault
	for line := range 7 {
		faults = append(faults, &orderv1.ImportFault{Name: fmt.Sprint(importtest.Name, "/faults/", line), Line: int64(line), Reason: "no"})
	}
	s.Fault(faults...)
	for _, limit := range []int{0, 1, 2, 5, 7, 100} {
		got, err := newClient(s).Faults(t.Context(), importtest.Name, limit)
		require.NoError(t, err)
		require.Len(t, got, min(limit, 7))
		for i, f := range got {
			require.Equal(t, int64(i), f.GetLine())
		}
	}
}

func TestWhatAnswersInstead(t *testing.T) {
	for answer, says := range map[string]string{
		"502 <html>nginx": "looking at imports/1: 502 Bad Gateway", "200 <html>": "is not Kept, or of another version",
		`404 {"error": "no"}`: "looking at imports/1: 404 Not Found",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var status int
			_, _ = fmt.Sscan(answer, &status)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer[4:])
		}))
		_, err := (&importer.Client{URL: s.URL}).Get(t.Context(), "imports/1")
		require.ErrorContains(t, err, says)
		s.Close()
		_, err = (&importer.Client{URL: s.URL}).Get(t.Context(), "imports/1")
		require.ErrorContains(t, err, "looking at imports/1: no answer from "+s.URL+": dial tcp")
		require.Equal(t, 1, strings.Count(err.Error(), s.URL))
	}
	_, err := (&importer.Client{URL: "::"}).Get(t.Context(), "imports/1")
	require.Error(t, err)
}
