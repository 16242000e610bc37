package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
	"kept.dev/suite/importer/importtest"
)

func dollars(units int64) *money.Money { return &money.Money{CurrencyCode: "USD", Units: units} }

func TestADryRunShowsWhatWouldCome(t *testing.T) {
	s := importtest.New(t)
	s.Go(&orderv1.Import{State: orderv1.Import_SUCCEEDED, ValidateOnly: true, RowCount: 3, CustomerCount: 1, OrderCount: 2, ChangedCount: 1, Summary: &orderv1.Import_Summary{
		Columns: []*orderv1.Import_Summary_Column{{Title: "Name", Field: "order_id"}, {Title: "Tags"}, {Title: "Email", Field: "email"}},
		Totals: []*orderv1.Import_Summary_Total{{
			CurrencyCode: "USD", OrderCount: 1, PaidAmount: dollars(19), RefundedAmount: dollars(5), CancelledCount: 1, ReturnCount: 2,
		}},
		Changes: []*orderv1.Import_Summary_Change{{Line: 7, OrderNumber: "#7"}},
		Samples: []*orderv1.Import_Summary_Sample{{
			Line: 2, OrderNumber: "#1", PlaceTime: timestamppb.New(time.Date(2025, 11, 3, 8, 12, 40, 0, time.UTC)), State: orderv1.Order_DELIVERED,
			TotalAmount: dollars(19), RefundedAmount: dollars(5),
			Lines: []*orderv1.Import_Summary_Sample_Line{{Product: "products/tea", Quantity: 2, Amount: dollars(18)}},
		}},
	}})
	r, out, complaints := newRun(t, s, file(t, "orders.txt", "a,b\n"), "--preset=shopify", "--dry-run")
	require.Equal(t, allTaken, r.end(t.Context(), r.run(t.Context())), complaints)
	require.Equal(t, `imports/0190 has brought nothing, and would bring this.
  rows                      3
  new customers             1
  new orders                2
  changed orders            1
  unchanged rows            0
  faulty rows               0
  $19.00 in 1 order, $5.00 given back, with 2 returns; 1 cancelled
line 7: #7 is said otherwise than before
columns: order_id=Name, email=Email
passed over: Tags
line 2: #1, 2025-11-03 08:12:40Z, a customer without a name, delivered $19.00, $5.00 given back
       2 x tea, $18.00
`, out.String())
	spec, _, _, _ := s.Seen()
	require.Equal(t, "shopify", spec.GetIssuer(), "the preset's name, where nothing else is said")
	require.Equal(t, orderv1.Import_CSV, spec.GetFormat())
}

func TestAnImportIsTakenBack(t *testing.T) {
	s := importtest.New(t)
	s.Go(&orderv1.Import{State: orderv1.Import_UNDOING}, &orderv1.Import{State: orderv1.Import_UNDONE, RemovedCount: 1999, OrderCount: 2000})
	client := &importer.Client{URL: s.URL, Token: "t0k3n", Every: time.Millisecond}
	var out bytes.Buffer
	require.NoError(t, undo(t.Context(), client, importtest.Name, &out))
	require.Equal(t, "imports/0190 has been undone; 1,999 of its orders have gone, 2,000 came in.\n", out.String())

	require.Error(t, undo(t.Context(), client, "imports/1", &out))
	s.Refuse("UndoImport", errs.Refused("IMPORT_NOT_ENDED", "imports/0190 runs, or has been undone"))
	require.ErrorContains(t, undo(t.Context(), client, importtest.Name, &out), "imports/0190 runs, or has been undone")
	require.Equal(t, misused, importMain([]string{"undo"}))
	require.Equal(t, misused, importMain([]string{"undo", "orders/1"}))
	require.Equal(t, failed, importMain([]string{"undo", "imports/1", "--token-file=none"}))
}
