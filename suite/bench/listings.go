package bench

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"time"
)

// listings measures pages of orders and of timelines with more and more of them in the tables: what is paged by key costs the
// same among a million as among ten thousand, on the last page as on the first.
func (r *run) listings(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	there := 0
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		size = r.cfg.some(size)
		if err := p.generate(ctx, there, size); err != nil {
			return err
		}
		there = size
		if err := p.analyze(ctx); err != nil {
			return err
		}
		last, err := s.lastPage(ctx, "/v1/orders?")
		if err != nil {
			return err
		}
		customer := func() string { return customerName(rand.IntN(customersOf(size))) }
		for _, l := range []struct {
			what string
			path func() string
		}{
			{"all orders, first page", func() string { return "/v1/orders?pageSize=50" }},
			{"all orders, last page", func() string { return "/v1/orders?pageSize=50&pageToken=" + last }},
			{"broken promises", func() string { return "/v1/orders?filter=" + url.QueryEscape("promise_state = BROKEN") }},
			{"a customer's orders", func() string { return "/v1/orders?filter=" + url.QueryEscape(`customer = "`+customer()+`"`) }},
			{"a customer's timeline", func() string { return "/v1/" + customer() + "/timelineEntries" }},
		} {
			read := closedLoop(ctx, 8, r.cfg.of(4*time.Second), func(ctx context.Context, _ int) error {
				_, err := s.get(ctx, l.path())
				return err
			})
			r.print("%s: listing %9d orders: %-23s %6.0f/s at 8 callers, p50 %s, p99 %s, %d failed %s", p.shape, size, l.what,
				read.Rate(), short(read.P50), short(read.P99), read.Failed, orNothing(read.FirstFault))
		}
	}
	return nil
}

// lastPage walks to the end of a list, and returns the token of its last page; nothing where that is the first.
func (s *shop) lastPage(ctx context.Context, path string) (string, error) {
	last := ""
	for token := ""; ; {
		raw, err := s.get(ctx, path+"pageSize=1000&pageToken="+token)
		if err != nil {
			return "", err
		}
		var page map[string]json.RawMessage
		if err := json.Unmarshal(raw, &page); err != nil {
			return "", err
		}
		next := ""
		if text, there := page["nextPageToken"]; there {
			if err := json.Unmarshal(text, &next); err != nil {
				return "", err
			}
		}
		if next == "" {
			return last, nil
		}
		last, token = next, next
	}
}
