package contract_test

import (
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func shortageSamples() map[string]sample {
	return map[string]sample{
		orderv1.ShortageService_CreateShortage_FullMethodName: func(w *fixture) proto.Message {
			return w.aShortage()
		},
		orderv1.ShortageService_AnswerShortage_FullMethodName: func(w *fixture) proto.Message {
			return &orderv1.AnswerShortageRequest{
				Name: w.shortage().GetName(), Choice: orderv1.Shortage_CANCEL, AnsweredBy: w.own.Subject,
			}
		},
		orderv1.ShortageService_GetShortagePolicy_FullMethodName: func(*fixture) proto.Message {
			return &orderv1.GetShortagePolicyRequest{Name: "shortagePolicy"}
		},
		orderv1.ShortageService_UpdateShortagePolicy_FullMethodName: func(w *fixture) proto.Message {
			policy := ask(w, "order", orderv1.ShortageService_GetShortagePolicy_FullMethodName,
				&orderv1.GetShortagePolicyRequest{Name: "shortagePolicy"}, &orderv1.ShortagePolicy{})
			policy.AnswerDuration = &durationpb.Duration{Seconds: 3600 + rand.Int64N(80_000)}
			policy.DefaultChoice = orderv1.Shortage_WAIT
			return &orderv1.UpdateShortagePolicyRequest{
				ShortagePolicy: policy, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"answer_duration", "default_choice"}},
			}
		},
	}
}

// aShortage is a request that reports something missing in a new order.
func (w *fixture) aShortage() *orderv1.CreateShortageRequest {
	return &orderv1.CreateShortageRequest{Parent: w.placed().GetName(), Shortage: &orderv1.Shortage{
		Product: w.product, Quantity: 1, Reason: "Broken in the warehouse", Substitute: w.substitute,
		ExpectedDeliveryTime: timestamppb.New(w.suite.Clock.Now().Add(72 * time.Hour).Truncate(time.Microsecond)),
	}}
}

// shortage is an open shortage of the own customer.
func (w *fixture) shortage() *orderv1.Shortage {
	return ask(w, "order", orderv1.ShortageService_CreateShortage_FullMethodName, w.aShortage(), &orderv1.Shortage{})
}

// orderOf is the order of a shortage: orders/{order}/shortages/{shortage}.
func orderOf(s *orderv1.Shortage) string { return upTo(s.GetName(), 2) }

// delivered is an order of the own customer that has come.
func (w *fixture) delivered() *orderv1.Order {
	return ask(w, "order", orderv1.FulfillmentService_DeliverOrder_FullMethodName,
		&orderv1.DeliverOrderRequest{Name: w.shipped().GetName()}, &orderv1.Order{})
}
