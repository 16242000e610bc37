package insight

import (
	"cmp"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	kitmoney "kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// bench is the service on a database of its own, with what hands it events.
type bench struct {
	*Service
	consumer *inbox.Inbox
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		test(t, newBench(t, db))
	})
}

// newBench is one replica.
func newBench(t testing.TB, db *sqldb.DB) *bench {
	b := &bench{Service: New(kit.Deps{DB: db})}
	cfg := timer.Config{DB: db, Clock: clock.Wall{}, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{}}
	b.consumer = inbox.New(inbox.Config{
		DB: db, Clock: clock.Wall{}, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: cfg.Activity, Handlers: b.Capability().Events,
	}, timer.NewWorker(cfg))
	return b
}

// said is a fact, and when it happened.
type said struct {
	at   time.Time
	fact proto.Message
}

func (b *bench) hears(t require.TestingT, facts ...said) {
	var events []event.Event
	for _, s := range facts {
		e, err := event.New(b.ctx(t), "order", "", 1, s.at, s.fact)
		require.NoError(t, err)
		events = append(events, e)
	}
	require.NoError(t, b.consumer.Handle(b.ctx(t), events))
}

// order is an order as its customer has lived it: which of its facts there are, and what they say.
type order struct {
	id, customer, currency          string
	placed, delivered, legacy       bool // legacy: delivered, and told without what came
	imported, cancelled, returned   bool
	at                              time.Time
	wanted, came                    int64 // minor units of goods
	fee, unitsWanted, unitsThatCame int64
}

func amountOf(minor int64, currency string) *money.Money {
	return kitmoney.Amount{Minor: minor, Currency: currency}.Proto()
}

// facts are what is said of an order.
func (o order) facts() (all []said) {
	add := func(is bool, after time.Duration, fact proto.Message) {
		if is {
			all = append(all, said{o.at.Add(after), fact})
		}
	}
	name, at := "orders/"+o.id, stamp(o.at)
	add(o.placed, 0, &orderv1.OrderPlaced{
		Order: name, Customer: o.customer, TotalAmount: amountOf(o.wanted+o.fee, o.currency), SpeedFee: amountOf(o.fee, o.currency),
		UnitCount: o.unitsWanted,
	})
	add(o.delivered, 50*24*time.Hour, &orderv1.OrderDelivered{
		Order: name, Customer: o.customer, GoodsAmount: amountOf(o.came, o.currency), PlaceTime: at, UnitCount: o.unitsThatCame,
	})
	add(o.legacy, 50*24*time.Hour, &orderv1.OrderDelivered{
		Order: name, Customer: o.customer, GoodsAmount: amountOf(o.came, o.currency),
	})
	add(o.imported, 500*24*time.Hour, &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{o.asImported()}})
	add(o.cancelled, time.Hour, &orderv1.OrderCancelled{Order: name, Customer: o.customer})
	add(o.returned, 60*24*time.Hour, &orderv1.OrderReturned{Order: name, Customer: o.customer})
	return all
}

func (o order) asImported() *orderv1.OrdersImported_Order {
	return &orderv1.OrdersImported_Order{
		Order: "orders/" + o.id, Customer: o.customer, PlaceTime: stamp(o.at), GoodsAmount: amountOf(o.came, o.currency),
		UnitCount: o.unitsThatCame,
	}
}

// counts tells whether the order counts, and what.
func (o order) counts() (units, amount int64, counted bool) {
	if o.customer == "" || o.cancelled || o.returned {
		return 0, 0, false
	}
	if o.delivered || o.imported {
		return o.unitsThatCame, o.came, true
	}
	return o.unitsWanted, o.wanted, o.placed
}

// insightOf is the insight into a currency, or into that in which the most have bought.
func insightOf(currency string) string { return insights + cmp.Or(currency, mostBought) }

// all reads all pages of scores.
func (b *bench) all(t require.TestingT, req *customerv1.ListRfmScoresRequest) (found []*customerv1.RfmScore) {
	req = proto.CloneOf(req)
	req.Parent = cmp.Or(req.GetParent(), insightOf(""))
	for {
		res, err := b.ListRfmScores(b.ctx(t), req)
		require.NoError(t, err)
		found, req.PageToken = append(found, res.GetRfmScores()...), res.GetNextPageToken()
		if req.GetPageToken() == "" {
			return found
		}
		require.Len(t, res.GetRfmScores(), int(req.GetPageSize()), "a page that is not the last is full")
	}
}

// months reads all pages of months.
func (b *bench) months(t require.TestingT, currency string, size int32) (found []*customerv1.SalesMonth) {
	req := &customerv1.ListSalesMonthsRequest{Parent: insightOf(currency), PageSize: size}
	for {
		res, err := b.ListSalesMonths(b.ctx(t), req)
		require.NoError(t, err)
		found, req.PageToken = append(found, res.GetSalesMonths()...), res.GetNextPageToken()
		if req.GetPageToken() == "" {
			return found
		}
	}
}

func (b *bench) report(t require.TestingT, currency string) *customerv1.RfmReport {
	r, err := b.GetRfmReport(b.ctx(t), &customerv1.GetRfmReportRequest{Name: insightOf(currency) + "/rfmReport"})
	require.NoError(t, err)
	return r
}

func requireProto(t require.TestingT, want, got proto.Message, about ...any) {
	require.True(t, proto.Equal(want, got), "%s: want %s\n got %s", fmt.Sprint(about...), protojson.Format(want), protojson.Format(got))
}

func requireProtos[M proto.Message](t require.TestingT, want, got []M, about ...any) {
	require.Len(t, got, len(want), about...)
	for i := range want {
		requireProto(t, want[i], got[i], append(about, " at ", i)...)
	}
}
