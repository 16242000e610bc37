package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// retryPrefix, a handler's name and an event's type ("event/promise.made/kept.order.v1.OrderPlaced") are the kind of the timers
// of events that the handler has still to handle, so that they wait for a replica whose handler takes the type. The key is
// the event's id.
const retryPrefix = "event/"

func retryOf(handler, typ string) timer.Kind {
	if handler == unreadable {
		return timer.Local(retryPrefix + unreadable)
	}
	return timer.Local(retryPrefix + handler + "/" + typ)
}

// unreadable stands for the handler of events whose type nobody can tell.
const unreadable = "unreadable"

var errUnreadable = errors.New("the event cannot be read: its entry has fields that are missing or garbled")

// plainID is what an id must look like to be a timer's key and part of a dead letter's name.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// key is the event's id or, where that cannot be used, one that the same entry gets again, should the bus give it again.
func (it item) key() string {
	if plainID.MatchString(it.event.ID) {
		return it.event.ID
	}
	payload, _ := json.Marshal(it.event) // of strings, numbers and bytes: it doesn't fail
	return fmt.Sprintf("unreadable-%x", sha256.Sum256(payload))
}

// putOff leaves an event that failed for a handler to a timer, and charges it.
func (b *Inbox) putOff(ctx context.Context, it item, cause error) error {
	payload, err := json.Marshal(it.event)
	if err != nil {
		return fmt.Errorf("keep failed event: %w", err)
	}
	b.cfg.Log.WarnContext(ctx, "event failed and is tried again", "handler", it.name, "type", it.event.Type, "id", it.key(), "error", cause)
	return b.db.Update(ctx, "consume.failed", func(tx *sqldb.Tx) error {
		retryOf(it.name, it.event.Type).SetFailed(tx, it.key(), it.event.Type, it.event.Traceparent, b.cfg.Clock.Now(), cause, payload)
		return nil
	})
}

// postpone leaves events to timers that are due now and have not failed: each is tried by itself.
func (b *Inbox) postpone(ctx context.Context, items []item) error {
	b.cfg.Log.WarnContext(ctx, "events are tried one by one", "handler", items[0].name, "events", len(items))
	return b.db.Update(ctx, "consume.later", func(tx *sqldb.Tx) error { return b.setTimers(tx, items) })
}

// leave leaves the items whose handlers only other replicas have to timers, which only those replicas carry out.
func (b *Inbox) leave(tx *sqldb.Tx, items []item) error {
	var others []item
	for _, it := range items {
		if it.handler == nil {
			others = append(others, it)
		}
	}
	return b.setTimers(tx, others)
}

func (b *Inbox) setTimers(tx *sqldb.Tx, items []item) error {
	var settings []timer.Setting
	for _, it := range items {
		payload, err := json.Marshal(it.event)
		if err != nil {
			return fmt.Errorf("keep event: %w", err)
		}
		kind := retryOf(it.name, it.event.Type)
		settings = append(settings, kind.Once(it.key(), it.event.Type, it.event.Traceparent, b.cfg.Clock.Now(), payload))
	}
	timer.SetAllOnce(tx, settings...)
	return nil
}

// retry is the handler of the timers of a handler's events.
func (b *Inbox) retry(h *Handler) timer.LocalHandler {
	return func(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
		e, err := readFailed(t.Payload)
		if err != nil {
			return err
		}
		it := item{event: e, name: h.Name, handler: h, fault: errUnreadable}
		if h.Name != unreadable {
			it.fact, it.fault = h.decode(e)
		}
		fresh, err := note(tx, []item{it})
		if err != nil {
			return err
		}
		return b.run(ctx, tx, fresh)
	}
}

func readFailed(payload []byte) (e event.Event, err error) {
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, fmt.Errorf("read failed event: %w", err)
	}
	return e, nil
}

// GiveUp notes a dead letter's event as handled when an operator drops it, so that it stays dropped should the bus give it
// again. Dead letters of other kinds of timers are none of the inbox's business.
func GiveUp(tx *sqldb.Tx, kind, key string) {
	if handler, ours := strings.CutPrefix(kind, retryPrefix); ours {
		handler, _, _ = strings.Cut(handler, "/")
		tx.Exec(`insert into inbox (id, handler) values ($1, $2) on conflict do nothing`, key, handler)
	}
}

// SubjectOf is what a dead letter is about: the event's subject, or the timer's key.
func SubjectOf(f timer.Failed) string {
	if !strings.HasPrefix(f.Kind, retryPrefix) {
		return f.Key
	}
	if e, err := readFailed(f.Payload); err == nil && e.Subject != "" {
		return e.Subject
	}
	return f.Key
}
