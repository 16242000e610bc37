package app

import (
	"context"
	"slices"
	"sync"
	"time"
)

// consumersEvery is how often to look for consumers that other versions of the service have brought with them, or left for good.
const consumersEvery = time.Minute

// consume takes in events until the context ends, each of the service's consumers in its own loop.
func (h *Host) consume(ctx context.Context) error {
	if !h.register(ctx) {
		return nil
	}
	c := &consumers{host: h, stops: map[string]func(){}}
	var loops sync.WaitGroup
	loops.Go(func() { _ = h.inbox.Run(ctx, h.runtime.Bus.Republish) })
	for pause := time.Duration(0); wait(ctx, pause); {
		pause = consumersEvery
		if err := c.update(ctx); err != nil && ctx.Err() == nil {
			h.runtime.Log.WarnContext(ctx, "consumers of events could not be looked for", "service", h.Service.Name, "error", err)
			pause = time.Second
		}
	}
	c.stopAll()
	loops.Wait()
	return nil
}

// register notes which event handlers this replica has, before it reads any event.
func (h *Host) register(ctx context.Context) bool {
	for {
		err := h.inbox.Register(ctx)
		if err == nil {
			return true
		}
		h.runtime.Log.WarnContext(ctx, "event handlers could not be noted", "service", h.Service.Name, "error", err)
		if !wait(ctx, time.Second) {
			return false
		}
	}
}

// consumers are those that this replica reads for: its own, and those of other versions that may have been left with something.
type consumers struct {
	host  *Host
	stops map[string]func() // each waits for its loop
}

// update begins to read for consumers that are new, and retires those that have no handler any more. The bus is asked for its
// consumers before the table is read: whoever is not in the table then had not registered, and registration comes before reading.
func (c *consumers) update(ctx context.Context) error {
	kept, away := c.host.runtime.Bus.Consumers(ctx, c.host.Service.Name) // readers begin all the same, and wait for the bus
	known, err := c.host.inbox.Consumers(ctx)
	if err != nil {
		return err
	}
	c.host.runtime.Bus.Expect(known...)
	for _, name := range known {
		if c.stops[name] == nil {
			c.start(ctx, name)
		}
	}
	for name := range c.stops {
		kept = append(kept, name)
	}
	for _, name := range kept {
		if slices.Contains(known, name) {
			continue
		}
		if stop := c.stops[name]; stop != nil {
			stop()
			delete(c.stops, name)
		}
		if err := c.host.runtime.Bus.Retire(ctx, name); err != nil {
			return err
		}
	}
	return away
}

func (c *consumers) start(ctx context.Context, name string) {
	ctx, cancel := context.WithCancel(ctx)
	var loop sync.WaitGroup
	loop.Go(func() { _ = c.host.runtime.Bus.Consume(ctx, name, c.host.inbox.HandleFor(name)) })
	c.stops[name] = func() { cancel(); loop.Wait() }
}

func (c *consumers) stopAll() {
	var all sync.WaitGroup
	for _, stop := range c.stops {
		all.Go(stop)
	}
	all.Wait()
}
