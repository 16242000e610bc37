package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/scenario"
)

// Restore loses every database some orders after a backup, and does what k8s/DATA.md says then. What was there at the time of the
// backup is there again, nothing more happens because of it, and customers go on. It moves the clock, so it comes before those steps that
// leave thousands of promises to be broken.
func (d *Deployment) Restore(ctx context.Context) error {
	owner, err := d.client(accessv1.Role_ROLE_ADMIN, "admins/owner")
	if err != nil {
		return err
	}
	if _, err := scenario.Run(ctx, d.Environment(), scenario.Story{Number: "S07", Run: scenario.S07}); err != nil {
		return err
	}
	first, err := d.trade(ctx, 60)
	if err != nil {
		return err
	}
	then, err := d.record(ctx, owner)
	if err != nil {
		return err
	}
	if err := d.backUp(ctx); err != nil {
		return err
	}
	lost, err := d.trade(ctx, 60)
	if err != nil {
		return err
	}
	if err := d.recover(ctx); err != nil {
		return err
	}
	if _, err := owner.get(ctx, "/v1/"+lost.shop.customer); err == nil || !strings.Contains(err.Error(), "404") {
		return fmt.Errorf("a customer who came after the backup: %v", err)
	}
	if err := d.asBefore(ctx, owner, then); err != nil {
		return err
	}
	if err := d.balance(ctx, first); err != nil {
		return err
	}
	_, err = d.trade(ctx, 60)
	return err
}

// trade has customers of a new shop make some calls, and the books balance after that.
func (d *Deployment) trade(ctx context.Context, calls int64) (*load, error) {
	s, err := d.openShop(ctx)
	if err != nil {
		return nil, err
	}
	l := startLoad(ctx, s, 4)
	defer l.end()
	if err := l.more(ctx, calls); err != nil {
		return nil, err
	}
	l.end()
	return l, errors.Join(l.failures(), d.balance(ctx, l))
}

// record is what callers can see, with the mails that have come.
type record map[string][]string

// lists are the pages that are recorded, with the field that holds their items.
var lists = map[string]string{
	"/v1/customers": "customers", "/v1/orders": "orders", "/v1/promises": "promises", "/v1/messages": "messages", "/v1/cases": "cases",
}

// record waits until nothing is under way.
func (d *Deployment) record(ctx context.Context, owner *client) (record, error) {
	var r, before record
	var err error
	waited := d.until(ctx, func() bool {
		before = r
		r, err = d.see(ctx, owner)
		return err != nil || before != nil && r.differs(before) == nil
	})
	return r, errors.Join(err, waited)
}

func (d *Deployment) see(ctx context.Context, owner *client) (record, error) {
	r := record{}
	for path, field := range lists {
		items, err := all(ctx, owner, path, field)
		if err != nil {
			return nil, err
		}
		r[path] = items
	}
	proof, err := owner.get(ctx, "/v1/programs/main:verifyLedger")
	if err != nil || proof["balanced"] != true {
		return nil, errors.Join(err, fmt.Errorf("the ledger is not proven: %v", proof))
	}
	r["ledger"] = []string{fmt.Sprint(proof)}
	for _, mail := range d.mails("") {
		r["mails"] = append(r["mails"], mail.ID)
	}
	slices.Sort(r["mails"])
	return r, d.noDeadLetters(ctx, owner)
}

// all are a list's items, from all pages.
func all(ctx context.Context, c *client, path, field string) (items []string, err error) {
	for token := ""; ; {
		page, err := c.get(ctx, path+"?pageSize=500&pageToken="+token)
		if err != nil {
			return nil, err
		}
		found, _ := page[field].([]any)
		for _, item := range found {
			items = append(items, fmt.Sprint(item)) // a map's keys are printed in order
		}
		if token, _ = page["nextPageToken"].(string); token == "" {
			slices.Sort(items)
			return items, nil
		}
	}
}

// differs says what one record has and the other does not.
func (r record) differs(other record) error {
	var faults []error
	for _, what := range slices.Sorted(maps.Keys(r)) {
		for i := range max(len(r[what]), len(other[what])) {
			if i >= len(r[what]) || i >= len(other[what]) || r[what][i] != other[what][i] {
				faults = append(faults, fmt.Errorf("%s: %d and %d, from item %d on", what, len(r[what]), len(other[what]), i))
				break
			}
		}
	}
	return errors.Join(faults...)
}

// asBefore waits until all events are published again and everything is as it was recorded.
func (d *Deployment) asBefore(ctx context.Context, owner *client, then record) error {
	var fault error
	if err := d.until(ctx, func() bool {
		pending, err := d.pending(ctx)
		if err != nil || pending > 0 {
			fault = errors.Join(err, fmt.Errorf("%d events are not published", pending))
			return false
		}
		now, err := d.record(ctx, owner)
		fault = errors.Join(err, now.differs(then))
		return fault == nil
	}); err != nil {
		return errors.Join(err, fault)
	}
	d.say("as before: %d orders, %d promises, %d messages, %d mails, ledger %s",
		len(then["/v1/orders"]), len(then["/v1/promises"]), len(then["/v1/messages"]), len(then["mails"]), strings.Join(then["ledger"], ""))
	return nil
}
