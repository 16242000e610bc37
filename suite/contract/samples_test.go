package contract_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/postaladdress"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// sample makes a request that succeeds, for the own customer and for every other role that may call. Where it changes
// something, no two are equal, and each is about something new if it can be carried out only once. Fill every field that
// a caller may set: the table of bad input spoils one after the other.
type sample func(*fixture) proto.Message

// samples has one line for each RPC of the contract, but for Get, List, Update and Delete of what a Create makes: their requests are
// made from its sample (derived). An RPC without one fails the tests by its name.
func samples() map[string]sample {
	all := map[string]sample{}
	for _, some := range []map[string]sample{
		customerSamples(), insightSamples(), orderSamples(), shortageSamples(), importSamples(), loyaltySamples(), notificationSamples(), supportSamples(), opsSamples(),
	} {
		maps.Copy(all, some)
	}
	return all
}

func orderSamples() map[string]sample {
	return map[string]sample{
		orderv1.CatalogService_CreateProduct_FullMethodName: func(*fixture) proto.Message {
			return &orderv1.CreateProductRequest{ProductId: freshID(), Product: aProduct()}
		},
		orderv1.StockService_GetStock_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.GetStockRequest{Name: w.product + "/stock"}
		},
		orderv1.StockService_AdjustStock_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.AdjustStockRequest{Name: w.newProduct(10) + "/stock", QuantityDelta: 5, Reason: "stocktaking"}
		},
		orderv1.OrderService_CreateOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.CreateOrderRequest{Order: w.anOrder()}
		},
		orderv1.OrderService_GetOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.GetOrderRequest{Name: w.placed().GetName()}
		},
		orderv1.OrderService_SearchOrders_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.SearchOrdersRequest{Query: w.placed().GetOrderNumber(), PageSize: 10}
		},
		orderv1.OrderService_ListOrders_FullMethodName: func(w *fixture) proto.Message {
			w.placed()
			return &orderv1.ListOrdersRequest{PageSize: 1000, Filter: "state = PLACED", OrderBy: "create_time"}
		},
		orderv1.OrderService_CancelOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.CancelOrderRequest{Name: w.placed().GetName(), Reason: "No longer wanted"}
		},
		orderv1.FulfillmentService_CreateDeliveryOption_FullMethodName: func(*fixture) proto.Message {
			return &orderv1.CreateDeliveryOptionRequest{DeliveryOptionId: freshID(), DeliveryOption: anOption()}
		},
		orderv1.FulfillmentService_PickOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.PickOrderRequest{Name: w.placed().GetName()}
		},
		orderv1.FulfillmentService_ShipOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ShipOrderRequest{Name: w.picked().GetName()}
		},
		orderv1.FulfillmentService_DeliverOrder_FullMethodName: func(w *fixture) proto.Message {
			o := w.shipped()
			return &orderv1.DeliverOrderRequest{Name: o.GetName(), DeliverTime: o.GetShipTime()}
		},
		orderv1.PaymentService_GetRefund_FullMethodName: func(w *fixture) proto.Message {
			refunds := ask(w, "order", orderv1.PaymentService_ListRefunds_FullMethodName,
				&orderv1.ListRefundsRequest{Parent: w.cancelled().GetName()}, &orderv1.ListRefundsResponse{})
			return &orderv1.GetRefundRequest{Name: refunds.GetRefunds()[0].GetName()}
		},
		orderv1.PaymentService_ListRefunds_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ListRefundsRequest{Parent: w.cancelled().GetName(), PageSize: 10}
		},
		orderv1.FulfillmentService_ReturnOrder_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ReturnOrderRequest{Name: w.delivered().GetName(), Reason: "Too small"}
		},
		orderv1.TrackingService_GetTrackingEvent_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.GetTrackingEventRequest{Name: w.placed().GetName() + "/trackingEvents/1"}
		},
		orderv1.TrackingService_ListTrackingEvents_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.ListTrackingEventsRequest{Parent: w.shipped().GetName(), PageSize: 10}
		},
		orderv1.TrackingService_TrackOrder_FullMethodName: func(w *fixture) proto.Message {
			steps := ask(w, "order", orderv1.TrackingService_ListTrackingEvents_FullMethodName,
				&orderv1.ListTrackingEventsRequest{Parent: w.shipped().GetName()}, &orderv1.ListTrackingEventsResponse{})
			first := steps.GetTrackingEvents()[0].GetName()
			return &orderv1.TrackOrderRequest{Name: upTo(first, 2), LastSeen: first}
		},
	}
}

// sample is a valid request of the RPC.
func (w *fixture) sample(t testing.TB, r rpc) proto.Message {
	if make, there := samples()[r.full()]; there {
		return make(w)
	}
	request, there := w.derived(t, r)
	require.True(t, there, "%s has no sample request: add one to samples in suite/contract/samples_test.go", r)
	return request
}

func aProduct() *orderv1.Product {
	return &orderv1.Product{DisplayName: "Coffee pot", UnitPrice: euros(25)}
}

func anOption() *orderv1.DeliveryOption {
	return &orderv1.DeliveryOption{
		DisplayName: "Within 24 hours", SpeedFee: euros(10),
		PromisedDuration: &durationpb.Duration{Seconds: 86400, Nanos: 1500}, // finer than it is kept
		WarningDuration:  &durationpb.Duration{Seconds: 3600, Nanos: 1},
	}
}

func (w *fixture) anOrder() *orderv1.Order {
	return &orderv1.Order{
		Customer: w.own.Subject, DeliveryOption: w.option, Lines: []*orderv1.Order_Line{{Product: w.product, Quantity: 2}},
		DeliveryAddress: anAddress("Office " + freshID()), BillingAddress: anAddress("Bank 2"), HomeAddress: anAddress("Home 3"),
		Channel: typepb.Channel_WEB, PaymentMethod: orderv1.Order_INVOICE,
	}
}

func anAddress(line string) *postaladdress.PostalAddress {
	return &postaladdress.PostalAddress{RegionCode: "UA", PostalCode: "01001", Locality: "Kyiv", AddressLines: []string{line}}
}
