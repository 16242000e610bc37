package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
)

// briefRows is how much of the history is imported where it is to be brief.
const briefRows = 2000

// imports takes the history in through REST and measures how long it takes until every event of it has been handled and the
// ledger proves, and how much memory that needs.
func (r *run) imports(ctx context.Context, p *target) error {
	text, err := os.ReadFile(r.cfg.History)
	if err != nil {
		return err
	}
	if r.cfg.Brief {
		text = bytes.Join(bytes.SplitAfterN(text, []byte("\n"), briefRows+2)[:briefRows+1], nil)
	}
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	if err := p.forgetPeaks(); err != nil {
		return err
	}
	start := time.Now()
	done, err := s.importFile(ctx, &orderv1.Import{Format: orderv1.Import_CDNOW, Issuer: "cdnow"}, text)
	if err != nil {
		return err
	}
	taken := time.Since(start)
	if _, err := p.settle(ctx, 5*time.Minute); err != nil {
		return err
	}
	proof, err := s.get(ctx, "/v1/programs/main:verifyLedger")
	if err != nil {
		return err
	}
	all := time.Since(start)
	most, name, err := p.highest(peak)
	if err != nil {
		return err
	}
	needed := map[string]int{"distributed": 90, "embedded": 60}[p.shape]
	r.print("%s: import               %6.1f s until the file is in, %.1f s until every event is handled and the ledger proves (needed %d)",
		p.shape, taken.Seconds(), all.Seconds(), needed)
	r.print("%s: import               %d customers, %d orders; %.0f orders/s; peak memory %.0f MB (%s; needed 300)",
		p.shape, done.GetCustomerCount(), done.GetOrderCount(), float64(done.GetOrderCount())/all.Seconds(), most, name)
	return balanced(proof)
}

// balanced refuses a ledger whose sums are wrong.
func balanced(raw []byte) error {
	var proof struct{ Balanced bool }
	if err := json.Unmarshal(raw, &proof); err != nil {
		return err
	}
	if !proof.Balanced {
		return fmt.Errorf("the ledger does not prove: %s", raw)
	}
	return nil
}

// importFile takes a file in to its end.
func (s *shop) importFile(ctx context.Context, spec *orderv1.Import, content []byte) (*orderv1.Import, error) {
	client := importer.Client{URL: s.url, Token: s.token, Every: 50 * time.Millisecond}
	name, err := client.Send(ctx, spec, bytes.NewReader(content), int64(len(content)), func(importer.Progress) {})
	if err != nil {
		return nil, err
	}
	done, err := client.Follow(ctx, name, func(importer.Progress) {})
	if err == nil && done.GetFaultCount() > 0 {
		err = fmt.Errorf("%d rows of the file could not be read", done.GetFaultCount())
	}
	return done, err
}
