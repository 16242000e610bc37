package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// redeliver is the timer of an event that failed: its key is the event's id.
var redeliver = timer.Local("event")

// plainID is what an id must look like to be a timer's key and part of a dead letter's name.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// putOff leaves a failed event to a timer.
func (c *Consumer) putOff(ctx context.Context, e event.Event, cause error) error {
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep failed event: %w", err)
	}
	key := e.ID
	if !plainID.MatchString(key) { // the same entry gets the same key, should the bus give it again
		key = fmt.Sprintf("unreadable-%x", sha256.Sum256(payload))
	}
	c.cfg.Log.WarnContext(ctx, "event failed and is tried again", "type", e.Type, "id", key, "error", cause)
	return c.cfg.DB.UpdateAlone(ctx, "consume.failed", func(tx *sqldb.Tx) error {
		redeliver.SetFailed(tx, key, e.Type, e.Traceparent, c.cfg.Clock.Now(), cause, payload)
		return nil
	})
}

// retry is the timer's handler.
func (c *Consumer) retry(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	e, err := readFailed(t.Payload)
	if err != nil {
		return err
	}
	fresh, err := c.note(tx, []event.Event{e})
	if err != nil || len(fresh) == 0 {
		return err
	}
	return c.apply(ctx, tx, e)
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
	if kind == redeliver.Name {
		tx.Exec(`insert into inbox (id) values ($1) on conflict do nothing`, key)
	}
}

// SubjectOf is what a dead letter is about: the event's subject, or the timer's key.
func SubjectOf(f timer.Failed) string {
	if f.Kind != redeliver.Name {
		return f.Key
	}
	if e, err := readFailed(f.Payload); err == nil && e.Subject != "" {
		return e.Subject
	}
	return f.Key
}
