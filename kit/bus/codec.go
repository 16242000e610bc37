package bus

import (
	"strconv"
	"time"

	"kept.dev/kit/event"
)

// encode lays an event out as the fields of a stream entry, named as CloudEvents' attributes.
func encode(e event.Event) []string {
	return []string{
		"id", e.ID, "type", e.Type, "subject", e.Subject, "version", strconv.FormatInt(e.Version, 10),
		"time", strconv.FormatInt(e.Time.UnixMicro(), 10), "traceparent", e.Traceparent, "data", string(e.Data),
	}
}

// decode reads a stream entry back. A field that is missing or garbled stays zero: an event that nobody
// can read is then parked by its consumer, where an operator sees it, and does not stop the stream.
func decode(source string, fields map[string]any) event.Event {
	text := func(name string) string { s, _ := fields[name].(string); return s }
	version, _ := strconv.ParseInt(text("version"), 10, 64)
	micros, _ := strconv.ParseInt(text("time"), 10, 64)
	return event.Event{
		ID: text("id"), Source: source, Type: text("type"), Subject: text("subject"), Version: version,
		Time: time.UnixMicro(micros).UTC(), Traceparent: text("traceparent"), Data: []byte(text("data")),
	}
}
