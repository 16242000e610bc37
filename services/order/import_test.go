package order_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// customerPeer is the customer service, as far as imports ask it.
type customerPeer struct {
	mu       sync.Mutex
	known    map[string]bool
	answered map[string]proto.Message
	down     bool
	found    []string // whom a search finds
	asked    string   // by what was searched
}

func newCustomerPeer() *customerPeer {
	return &customerPeer{known: map[string]bool{}, answered: map[string]proto.Message{}}
}

// Invoke implements grpc.ClientConnInterface.
func (d *customerPeer) Invoke(_ context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if company, ok := out.(*customerv1.Company); ok {
		company.Name, company.TimeZone, company.CurrencyCode = "company", "UTC", "EUR"
		return nil
	}
	if search, ok := in.(*customerv1.SearchCustomersRequest); ok {
		d.asked = search.GetQuery()
		for _, name := range d.found {
			found := out.(*customerv1.SearchCustomersResponse)
			found.Customers = append(found.Customers, &customerv1.Customer{Name: name})
		}
		return nil
	}
	req, ok := in.(*customerv1.ImportCustomersRequest)
	switch {
	case !ok:
		return fmt.Errorf("unexpected call of %s", method)
	case d.down:
		return errs.Unavailable("PEER", "the customer service is away")
	}
	res := d.answered[req.GetRequestId()]
	if res == nil {
		res = d.answer(req)
		d.answered[req.GetRequestId()] = res
	}
	proto.Merge(out.(proto.Message), res)
	return nil
}

func (d *customerPeer) answer(req *customerv1.ImportCustomersRequest) proto.Message {
	res := &customerv1.ImportCustomersResponse{}
	for _, r := range req.GetRecords() {
		if r.GetEmail() == "broken" {
			res.Results = append(res.Results, &customerv1.ImportCustomersResponse_Result{Fault: "must be an e-mail address"})
			continue
		}
		name := "customers/" + named.Replace(req.GetIssuer()+"-"+cmp.Or(r.GetExternalId(), r.GetEmail(), r.GetPhone(), r.GetFallbackId()))
		result := &customerv1.ImportCustomersResponse_Result{Customer: name, Created: !d.known[name]}
		res.Results = append(res.Results, result)
		if !req.GetValidateOnly() {
			d.known[name] = true
		} else if result.GetCreated() {
			result.Customer = ""
		}
	}
	return res
}

// named makes a name of what somebody is known by.
var named = strings.NewReplacer(" ", "-", "@", "-at-", "#", "", "+", "", "(", "", ")", "", ".", "-")

// NewStream implements grpc.ClientConnInterface.
func (d *customerPeer) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errs.Internal("the customer service has no streams")
}

func (h *fixture) importing(spec *orderv1.Import) string {
	made, err := h.imports.CreateImport(h.agent(), &orderv1.CreateImportRequest{Import: spec})
	require.NoError(h.t, err)
	require.Equal(h.t, orderv1.Import_UPLOADING, made.GetState())
	return made.GetName()
}

// upload writes a file in parts of the given size.
func (h *fixture) upload(name string, content []byte, size int) {
	for offset := 0; offset < len(content); offset += size {
		part := content[offset:min(offset+size, len(content))]
		res, err := h.imports.WriteImportContent(h.agent(), &orderv1.WriteImportContentRequest{Name: name, Offset: int64(offset), Data: part})
		require.NoError(h.t, err)
		require.EqualValues(h.t, offset+len(part), res.GetContentSize())
	}
}

func (h *fixture) start(name string) {
	started, err := h.imports.StartImport(h.agent(), &orderv1.StartImportRequest{Name: name})
	require.NoError(h.t, err)
	require.Equal(h.t, orderv1.Import_RUNNING, started.GetState())
}

func (h *fixture) imported(name string) *orderv1.Import {
	i, err := h.imports.GetImport(h.agent(), &orderv1.GetImportRequest{Name: name})
	require.NoError(h.t, err)
	return i
}

// importAll takes a file in to its end.
func (h *fixture) importAll(spec *orderv1.Import, content string) *orderv1.Import {
	name := h.importing(spec)
	h.upload(name, []byte(content), 100_000)
	h.start(name)
	h.work()
	i := h.imported(name)
	require.Equal(h.t, orderv1.Import_SUCCEEDED, i.GetState())
	require.Equal(h.t, i.GetContentSize(), i.GetProcessedSize())
	require.Zero(h.t, kittest.Number(h.t, h.db, `select count(*) from import_content`), "the content is not kept")
	require.Zero(h.t, kittest.Number(h.t, h.db, `select count(*) from import_seen`))
	return i
}

// counts are rows, new customers, new orders, unchanged and faulty rows.
func counts(i *orderv1.Import) [5]int64 {
	return [5]int64{i.GetRowCount(), i.GetCustomerCount(), i.GetOrderCount(), i.GetUnchangedCount(), i.GetFaultCount()}
}

func (h *fixture) faults(name string) (lines []string) {
	list, err := h.imports.ListImportFaults(h.agent(), &orderv1.ListImportFaultsRequest{Parent: name, PageSize: 1000})
	require.NoError(h.t, err)
	for _, f := range list.GetImportFaults() {
		lines = append(lines, fmt.Sprintf("%d: %s", f.GetLine(), f.GetReason()))
	}
	return lines
}

func cdnow() *orderv1.Import { return &orderv1.Import{Format: orderv1.Import_CDNOW, Issuer: "cdnow"} }

const history = ` customer_id  date number_of_cds  dollar_value
 00001 19970101  1   11.77
 00002 19970112  5   77.00
 00002 19970112  3   10.00
 00002 19970112  3   10.00
 00003 19970102  2    0.00

 00003 19979902  2   20.76
 00004 20970102  2   20.76
`

func TestAnImportedHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		first := h.importAll(cdnow(), history)
		require.Equal(t, [5]int64{7, 3, 5, 0, 2}, counts(first))
		require.Equal(t, []string{`8: "19979902" is not a date such as 19970131`, "9: the date is in the future"}, h.faults(first.GetName()))

		list, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{Filter: `customer = "customers/cdnow-00002"`})
		require.NoError(t, err)
		require.Len(t, list.GetOrders(), 3, "two equal purchases are two")
		var units, paid int64
		for _, o := range list.GetOrders() {
			require.Equal(t, orderv1.Order_DELIVERED, o.GetState())
			require.Equal(t, "1997-01-12 00:00:00 +0000 UTC", o.GetCreateTime().AsTime().String())
			require.Equal(t, first.GetName(), o.GetSourceImport())
			require.Nil(t, o.GetPromisedDeliveryTime())
			var lines int64
			for _, l := range o.GetLines() {
				units += l.GetQuantity()
				lines += cents(l.GetAmount())
			}
			require.Equal(t, cents(o.GetTotalAmount()), lines, "lines add up to the cent")
			paid += lines
		}
		require.EqualValues(t, 11, units)
		require.EqualValues(t, 9700, paid)

		said := said(h, first.GetName(), &orderv1.OrdersImported{})
		require.Len(t, said, 1)
		require.Len(t, said[0].GetOrders(), 5)
		require.Equal(t, []string{"orders_imported"}, h.otherFacts())

		again := h.importAll(cdnow(), history)
		require.Equal(t, [5]int64{7, 0, 0, 5, 2}, counts(again))
		require.EqualValues(t, 5, kittest.Number(t, h.db, `select count(*) from orders`))
	})
}

// otherFacts are the sorts of facts that were said.
func (h *fixture) otherFacts() []string {
	if kittest.Number(h.t, h.db, `select count(*) from outbox where type <> 'kept.order.v1.OrdersImported'`) > 0 {
		return []string{"others"}
	}
	return []string{"orders_imported"}
}

func TestAnImportedOrderCanBeSentBack(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.importAll(cdnow(), "00002 19970112 3 10.00\n")
		list, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{})
		require.NoError(t, err)
		name := list.GetOrders()[0].GetName()
		steps, err := h.tracking.ListTrackingEvents(h.agent(), &orderv1.ListTrackingEventsRequest{Parent: name})
		require.NoError(t, err)
		require.Equal(t, "imported", steps.GetTrackingEvents()[0].GetNote())
		_, err = h.orders.CancelOrder(h.agent(), &orderv1.CancelOrderRequest{Name: name, Reason: "late"})
		refused(t, "ORDER_NOT_CANCELLABLE", err)
		back, err := h.fulfillment.ReturnOrder(h.agent(), &orderv1.ReturnOrderRequest{Name: name, Reason: "Scratched"})
		require.NoError(t, err)
		require.EqualValues(t, 1000, cents(back.GetRefundedAmount()))
		steps, err = h.tracking.ListTrackingEvents(h.agent(), &orderv1.ListTrackingEventsRequest{Parent: name})
		require.NoError(t, err)
		require.Len(t, steps.GetTrackingEvents(), 2)
		require.Nil(t, steps.GetTrackingEvents()[1].GetExpectedDeliveryTime())
	})
}

// TestEqualRowsFarApart has equal rows in different steps, and in a file that is a part of the other.
func TestEqualRowsFarApart(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		var text strings.Builder
		for i := range 1800 {
			fmt.Fprintf(&text, "%05d 19970101 1 10.00\n", i%600)
		}
		first := h.importAll(cdnow(), text.String())
		require.Equal(t, [5]int64{1800, 600, 1800, 0, 0}, counts(first))
		half := h.importAll(cdnow(), text.String()[:text.Len()/2])
		require.Equal(t, [5]int64{900, 0, 0, 900, 0}, counts(half))
		more := h.importAll(cdnow(), text.String()+"00000 19970101 1 10.00\n")
		require.Equal(t, [5]int64{1801, 0, 1, 1800, 0}, counts(more))
	})
}

// TestOneFileTwiceAtOnce has two imports of one file run at the same time, on several workers.
func TestOneFileTwiceAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		var text strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&text, "%05d 19970101 %d 10.00\n", i%700, 1+i%3)
		}
		names := []string{h.importing(cdnow()), h.importing(cdnow())}
		for _, name := range names {
			h.upload(name, []byte(text.String()), 7_000)
			h.start(name)
		}
		var crowd sync.WaitGroup
		for range 3 {
			crowd.Go(h.work)
		}
		crowd.Wait()
		h.work()
		a, b := h.imported(names[0]), h.imported(names[1])
		require.EqualValues(t, 3000, a.GetOrderCount()+b.GetOrderCount())
		require.EqualValues(t, 3000, a.GetUnchangedCount()+b.GetUnchangedCount())
		require.EqualValues(t, 3000, kittest.Number(t, h.db, `select count(*) from orders`))
		require.EqualValues(t, 3000, kittest.Number(t, h.db, `select count(distinct order_id) from order_line`))
	})
}

func TestPausingResumingCancelling(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		name := h.importing(cdnow())
		_, err := h.imports.PauseImport(h.agent(), &orderv1.PauseImportRequest{Name: name})
		refused(t, "IMPORT_NOT_RUNNING", err)
		_, err = h.imports.StartImport(h.agent(), &orderv1.StartImportRequest{Name: name})
		refused(t, "IMPORT_EMPTY", err)
		h.upload(name, bytes.Repeat([]byte("00001 19970101 1 11.77\n"), 1200), 1000)
		h.start(name)
		_, err = h.imports.StartImport(h.agent(), &orderv1.StartImportRequest{Name: name})
		refused(t, "IMPORT_STARTED", err)
		_, err = h.imports.WriteImportContent(h.agent(), &orderv1.WriteImportContentRequest{Name: name, Data: []byte("x")})
		refused(t, "IMPORT_STARTED", err)

		n, err := h.worker.Round(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		paused, err := h.imports.PauseImport(h.agent(), &orderv1.PauseImportRequest{Name: name})
		require.NoError(t, err)
		require.Equal(t, [5]int64{500, 1, 500, 0, 0}, counts(paused))
		h.work()
		require.Equal(t, counts(paused), counts(h.imported(name)), "it stands still")
		_, err = h.imports.ResumeImport(h.agent(), &orderv1.ResumeImportRequest{Name: name})
		require.NoError(t, err)
		_, err = h.imports.ResumeImport(h.agent(), &orderv1.ResumeImportRequest{Name: name})
		refused(t, "IMPORT_NOT_PAUSED", err)
		_, err = h.worker.Round(t.Context())
		require.NoError(t, err)
		over, err := h.imports.CancelImport(h.agent(), &orderv1.CancelImportRequest{Name: name})
		require.NoError(t, err)
		require.Equal(t, orderv1.Import_CANCELLED, over.GetState())
		h.work()
		require.Equal(t, [5]int64{1000, 1, 1000, 0, 0}, counts(h.imported(name)), "what was imported stays")
		_, err = h.imports.CancelImport(h.agent(), &orderv1.CancelImportRequest{Name: name})
		refused(t, "IMPORT_ENDED", err)
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from import_content`))
	})
}

// TestAnImportWaits has the customer service go away in the middle: the import goes on by itself when it is back.
func TestAnImportWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		name := h.importing(cdnow())
		h.upload(name, []byte(history), 1000)
		h.start(name)
		h.customers.down = true
		h.work()
		require.Equal(t, orderv1.Import_RUNNING, h.imported(name).GetState())
		h.customers.down = false
		h.clock.pass(1e9 * 60)
		h.work()
		require.Equal(t, [5]int64{7, 3, 5, 0, 2}, counts(h.imported(name)))
	})
}

func TestNobodyStartsAnImport(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		name := h.importing(cdnow())
		h.upload(name, []byte(history), 1000)
		h.clock.pass(7*24*3600*1e9 - 1e9)
		h.work()
		require.Equal(t, orderv1.Import_UPLOADING, h.imported(name).GetState())
		h.clock.pass(1e9)
		h.work()
		require.Equal(t, orderv1.Import_CANCELLED, h.imported(name).GetState())
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from import_content`))
	})
}

func TestContentHasNoGaps(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		name := h.importing(cdnow())
		write := func(offset int64, data string) error {
			_, err := h.imports.WriteImportContent(h.agent(), &orderv1.WriteImportContentRequest{Name: name, Offset: offset, Data: []byte(data)})
			return err
		}
		refused(t, "INVALID_REQUEST", write(1, "x"))
		require.NoError(t, write(0, "00001 19970101"))
		refused(t, "INVALID_REQUEST", write(5, "x"))
		refused(t, "INVALID_REQUEST", write(15, "x"))
		require.NoError(t, write(14, "00001"))
		require.NoError(t, write(0, "00001 19970101 1 11.77\n"))
		kittest.Exec(t, h.db, `update import_job set content = 67108860`)
		refused(t, "IMPORT_TOO_LARGE", write(67108860, "00001"))
		kittest.Exec(t, h.db, `update import_job set content = 23`)
		h.start(name)
		h.work()
		require.Equal(t, [5]int64{1, 1, 1, 0, 0}, counts(h.imported(name)))
	})
}

// TestTheWholeHistory takes the published data set in: to the cent.
func TestTheWholeHistory(t *testing.T) {
	kittest.Long(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "suite", "history", "cdnow_master.txt"))
	require.NoError(t, err)
	onBoth(t, func(t *testing.T, h *fixture) {
		require.Equal(t, [5]int64{69659, 23570, 69659, 0, 0}, counts(h.importAll(cdnow(), string(text))))
		sum := func(what string) int64 { return kittest.Number(t, h.db, `select `+what) }
		require.EqualValues(t, 250031563, sum(`sum(goods) from orders`))
		require.EqualValues(t, 250031563, sum(`sum(quantity * price) from order_line`))
		require.EqualValues(t, 167881, sum(`sum(quantity) from order_line`))
		require.EqualValues(t, 23570, sum(`count(distinct customer) from orders`))
		require.Equal(t, [5]int64{69659, 0, 0, 69659, 0}, counts(h.importAll(cdnow(), string(text))))
	})
}
