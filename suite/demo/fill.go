package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
)

// fill takes the history in, and waits until every event of it has been handled.
func (d *demo) fill(ctx context.Context) error {
	d.page.text("\nTaking in %s, a real purchase history:\n", d.cfg.History)
	began := time.Now()
	done, err := d.importHistory(ctx)
	if err != nil {
		return err
	}
	taken := time.Since(began)
	if done.GetFaultCount() > 0 {
		return fmt.Errorf("%d rows of %s could not be read: GET %s/v1/%s/faults",
			done.GetFaultCount(), d.cfg.History, d.api.url, done.GetName())
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.page.text("\nThat took %.1f s, and %.1f s until every event of it was handled: known, counted, rewarded with points.",
		taken.Seconds(), time.Since(began).Seconds())
	return nil
}

func (d *demo) importHistory(ctx context.Context) (*orderv1.Import, error) {
	file, err := os.Open(d.cfg.History)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	screen := importer.NewScreen(d.cfg.Out, d.cfg.Terminal, "  ")
	defer screen.End()
	client := importer.Client{URL: d.api.url, Token: d.api.token, HTTP: d.api.http, Every: lookEvery}
	spec := &orderv1.Import{DisplayName: info.Name(), Format: orderv1.Import_CDNOW, Issuer: "cdnow"}
	name, err := client.Send(ctx, spec, file, info.Size(), screen.Show)
	if err != nil {
		return nil, err
	}
	return client.Follow(ctx, name, screen.Show)
}

// lookEvery is how often it is looked how far the import has come.
const lookEvery = 100 * time.Millisecond

// settleTime is how long the suite may take to handle the events of the import after its end.
const settleTime = 5 * time.Minute

// settle waits until nothing is left to be done. A call waits for half a minute only; asked again, it goes on.
func (d *demo) settle(ctx context.Context) error {
	for end := time.Now().Add(settleTime); ; {
		err := d.api.post(ctx, &opsv1.Clock{}, "/v1/sandbox/clock:advance", `{"duration": "0s"}`)
		var late *refusal
		if !errors.As(err, &late) || late.status != http.StatusGatewayTimeout || time.Now().After(end) {
			return err
		}
	}
}
