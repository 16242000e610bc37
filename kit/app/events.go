package app

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// consume takes in events until the context ends, each of the service's consumers in its own loop.
func (h *Host) consume(ctx context.Context) error {
	consumers, ok := h.register(ctx)
	if !ok {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range consumers {
		group.Go(func() error { return h.runtime.Bus.Consume(ctx, name, h.inbox.HandleFor(name)) })
	}
	group.Go(func() error { return h.inbox.Run(ctx, h.runtime.Bus.Republish) })
	return group.Wait()
}

// register notes which event handlers this replica has, before it reads any event, and returns the consumers that it reads for: its
// own, and those of other versions that may have been left with something.
func (h *Host) register(ctx context.Context) (consumers []string, ok bool) {
	for {
		err := h.inbox.Register(ctx)
		if err == nil {
			consumers, err = h.inbox.Consumers(ctx)
		}
		if err == nil {
			h.runtime.Bus.Expect(consumers...)
			return consumers, true
		}
		h.runtime.Log.WarnContext(ctx, "event handlers could not be noted", "service", h.Service.Name, "error", err)
		if !wait(ctx, time.Second) {
			return nil, false
		}
	}
}
