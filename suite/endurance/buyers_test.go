package endurance_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/id"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/cluster"
)

// What a caller is told at the latest: by the gateway, and by its own deadline over gRPC.
const (
	gatewayDeadline = 30 * time.Second
	grpcDeadline    = 5 * time.Second
	breath          = 20 * time.Millisecond // between calls
)

// buyers call all the time, each change under a key of its own, again and again until it is done. They keep in mind what they
// were told meanwhile.
type buyers struct {
	mu      sync.Mutex
	orders  int            // that succeeded
	told    map[string]int // what failed calls were told since the last look
	unclear []string       // answers that a caller can make nothing of
	late    []string       // calls that outlived their deadline
	failed  time.Time      // when a call last failed
	slowest time.Duration  // since the last look
}

// note takes a call down. said is empty where it succeeded.
func (b *buyers) note(took, deadline time.Duration, said string, clear bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slowest = max(b.slowest, took)
	if took > deadline+time.Second {
		b.late = append(b.late, fmt.Sprintf("%s after %s", said, took))
	}
	if said == "" {
		return
	}
	b.failed = time.Now()
	b.told[said[:min(len(said), 120)]]++
	if !clear {
		b.unclear = append(b.unclear, said)
	}
}

// look says what there was since the last look.
func (b *buyers) look() (slowest time.Duration, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var parts []string
	for _, said := range slices.Sorted(maps.Keys(b.told)) {
		parts = append(parts, fmt.Sprintf("%d × %s", b.told[said], said))
	}
	if len(parts) == 0 {
		parts = []string{"no failures"}
	}
	slowest = b.slowest
	b.told, b.slowest = map[string]int{}, 0
	return slowest, fmt.Sprintf("the slowest call took %s, %s", slowest.Round(time.Millisecond), strings.Join(parts, "; "))
}

func (b *buyers) lastFailure() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// insist calls over REST until the call succeeds.
func (b *buyers) insist(ctx context.Context, call func(ctx context.Context) (reply, error)) reply {
	for {
		started := time.Now()
		r, err := call(ctx)
		said, clear := "", true
		if err != nil || r.status != http.StatusOK {
			said = fmt.Sprintf("REST %d %v %s", r.status, err, r.body)
			clear = err == nil && (r.status == http.StatusServiceUnavailable || r.status == http.StatusGatewayTimeout) &&
				strings.Contains(r.body, `"reason"`)
		}
		b.note(time.Since(started), gatewayDeadline, said, clear)
		if said == "" {
			return r
		}
		<-time.After(breath)
	}
}

// insistGRPC calls until the call succeeds.
func (b *buyers) insistGRPC(ctx context.Context, call func(ctx context.Context) error) {
	for {
		started := time.Now()
		ctx, cancel := context.WithTimeout(ctx, grpcDeadline)
		err := call(ctx)
		cancel()
		said := ""
		if err != nil {
			said = "gRPC " + err.Error()
		}
		code := status.Code(err)
		b.note(time.Since(started), grpcDeadline, said, code == codes.OK || code == codes.Unavailable || code == codes.DeadlineExceeded)
		if err == nil {
			return
		}
		<-time.After(breath)
	}
}

func (b *buyers) bought() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders++
}

// regular is a customer who orders and looks, over REST.
func (b *buyers) regular(s shop) caller {
	return func(ctx context.Context, _ int) error {
		key := id.New()
		b.insist(ctx, func(ctx context.Context) (reply, error) { return s.order(ctx, key) })
		b.bought()
		<-time.After(breath)
		b.insist(ctx, func(ctx context.Context) (reply, error) { return s.customer.get(ctx, "/v1/"+s.product+"/stock") })
		return nil
	}
}

// direct is the same customer over gRPC.
func (b *buyers) direct(t *testing.T, c *cluster.Cluster, s shop) caller {
	orders := orderv1.NewOrderServiceClient(dial(t, c, "order", s))
	return func(ctx context.Context, _ int) error {
		key := id.New()
		b.insistGRPC(ctx, func(ctx context.Context) error {
			_, err := orders.CreateOrder(ctx, s.message(key))
			return err
		})
		b.bought()
		<-time.After(breath)
		return nil
	}
}

// newcomer is somebody new each time, whom the order service has to ask the customer service about.
func (b *buyers) newcomer(s shop) caller {
	return func(ctx context.Context, i int) error {
		key, order := id.New(), id.New()
		created := b.insist(ctx, func(ctx context.Context) (reply, error) {
			return s.admin.post(ctx, key, "/v1/customers", map[string]any{"displayName": fmt.Sprint("Newcomer ", i), "languageCode": "uk"})
		})
		name, err := created.field("name")
		if err != nil {
			return err
		}
		guest := s
		guest.name, guest.customer = name, s.admin
		b.insist(ctx, func(ctx context.Context) (reply, error) { return guest.order(ctx, order) })
		b.bought()
		<-time.After(breath)
		return nil
	}
}
