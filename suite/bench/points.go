package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// accounts is how many accounts postings are spread over, and customers mails are sent to.
const accounts = 1000

// points measures postings to the ledger through REST: to many accounts, and to one.
func (r *run) points(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	customers, err := s.people(ctx)
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		what        string
		of          []string
		needed, aim float64
	}{{"many accounts", customers, 0.3, 0.5}, {"a hot account ", customers[:1], 0.1, 0.2}} {
		var n atomic.Int64
		made, ratio, err := r.against(ctx, 10*time.Second, 32, func(ctx context.Context, _ int) error {
			id := kind.of[int(n.Add(1))%len(kind.of)]
			_, err := s.post(ctx, "/v1/programs/main/accounts/"+id+":creditGoodwill", `{"points":"1","reason":"bench"}`)
			return err
		})
		if err != nil {
			return err
		}
		r.print("%s: points, %s %6.0f/s at 32 callers = %.2f of the baseline (needed %.1f, aim %.1f), p50 %s, p99 %s, %d failed %s", p.shape,
			kind.what, made.Rate(), ratio, kind.needed, kind.aim, short(made.P50), short(made.P99), made.Failed, orNothing(made.FirstFault))
		if _, err := p.settle(ctx, 5*time.Minute); err != nil {
			return err
		}
	}
	proof, err := s.get(ctx, "/v1/programs/main:verifyLedger")
	if err != nil {
		return err
	}
	return balanced(proof)
}

// people are customers with an e-mail address each, imported when they are first needed; their ids.
func (s *shop) people(ctx context.Context) ([]string, error) {
	if s.customers != nil {
		return s.customers, nil
	}
	file := []byte("customer_id,display_name,email\n")
	for i := range accounts {
		file = fmt.Appendf(file, "%04d,Reader %d,reader-%d@example.org\n", i, i, i)
	}
	if _, err := s.importFile(ctx, &orderv1.Import{Format: orderv1.Import_CSV, RowType: orderv1.Import_CUSTOMER, Issuer: "bench"}, file); err != nil {
		return nil, err
	}
	for token := ""; len(s.customers) < accounts; {
		raw, err := s.get(ctx, "/v1/customers?pageSize=1000&pageToken="+token)
		if err != nil {
			return nil, err
		}
		var page struct {
			Customers     []struct{ Name, Email string }
			NextPageToken string
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Customers {
			if c.Email != "" {
				s.customers = append(s.customers, c.Name[len("customers/"):])
			}
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if len(s.customers) != accounts {
		return nil, fmt.Errorf("%d customers have an e-mail address, not %d", len(s.customers), accounts)
	}
	return s.customers, nil
}
