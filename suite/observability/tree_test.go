package observability

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cancelling is all that a cancellation leads to, in every process, each under what led to it: the calls by mutual TLS, the
// rows, the events by way of outbox and Redis, and the timers, with what these say in turn.
func cancelling() map[[2]string]int {
	const (
		rest    = "gateway: POST /v1/{name=orders/*}:cancel"
		call    = "gateway: kept.order.v1.OrderService/CancelOrder"
		rpc     = "order: kept.order.v1.OrderService/CancelOrder"
		told    = "notification: consume kept.order.v1.OrderCancelled"
		repaid  = "notification: consume kept.order.v1.RefundSettled"
		refund  = "order: timer refund.settle"
		mail    = "notification: timer message.send"
		heard   = "customer: consume kept.notification.v1.DeliveryCompleted"
		written = "customer: consume kept.notification.v1.MessageAccepted"
	)
	return map[[2]string]int{
		{rest, ""}: 1, {call, rest}: 1, {rpc, call}: 1,
		{"order: db.update /kept.order.v1.OrderService/CancelOrder", rpc}: 1,

		{"customer: consume kept.order.v1.OrderCancelled", rpc}:    2, // once a handler: the timeline and what each customer is worth
		{"customer: consume kept.order.v1.RefundRequested", rpc}:   1,
		{"customer: consume kept.promise.v1.PromiseMade", rpc}:     2,
		{"customer: consume kept.promise.v1.PromiseReleased", rpc}: 2,
		{told, rpc}: 1, {mail, told}: 1, {written, told}: 1, {heard, told}: 1,

		{refund, rpc}: 1, {"order: db.read", refund}: 1, {"order: db.update invoice.credit", refund}: 1,
		{"order: db.update timer.refund.settle", refund}:          1,
		{"customer: consume kept.order.v1.RefundSettled", refund}: 1,
		{"customer: consume kept.promise.v1.PromiseKept", refund}: 2,
		{repaid, refund}: 1, {mail, repaid}: 1, {written, repaid}: 1, {heard, repaid}: 1,

		{heard, mail}: 2, // both mails have gone
	}
}

// followTrace follows the caller's own trace through all processes.
func followTrace(t *testing.T, m *mesh) {
	order := placeOrder(t, m.env)
	call(t, m.env, http.MethodPost, "/v1/"+order+":cancel", `{"reason": "changed her mind"}`, "traceparent", marked)
	deadline := time.NewTimer(20 * time.Second)
	for !maps.Equal(cancelling(), m.spans.tree(markedTrace)) {
		select {
		case <-deadline.C:
			require.Equal(t, cancelling(), m.spans.tree(markedTrace))
		case <-time.After(10 * time.Millisecond):
		}
	}
}
