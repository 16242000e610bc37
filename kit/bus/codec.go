package bus

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kept.dev/kit/access"
	"kept.dev/kit/event"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// encode lays an event out as the fields of a stream entry, named as CloudEvents' attributes.
func encode(e event.Event) []string {
	return []string{
		"id", e.ID, "type", e.Type, "subject", e.Subject, "version", strconv.FormatInt(e.Version, 10),
		"time", strconv.FormatInt(e.Time.UnixMicro(), 10), "actorrole", strconv.Itoa(int(e.Actor.Role)), "actor", e.Actor.Subject,
		"traceparent", e.Traceparent, "data", string(e.Data),
	}
}

// decode reads a stream entry back. Where a field is missing or garbled the event has no type: nobody can read it, and
// its consumers park it, where an operator sees it, so that it does not stop the stream. Fields that a newer writer has added
// are passed over; one that is added here must be optional, since entries of older writers lack it, as traceparent and actor are.
func decode(source string, fields map[string]any) event.Event {
	complete := true
	text := func(name string) string {
		s, ok := fields[name].(string)
		complete = complete && ok
		return s
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(text(name), 10, 64)
		complete = complete && err == nil
		return n
	}
	e := event.Event{
		ID: text("id"), Source: source, Type: text("type"), Subject: text("subject"), Version: number("version"),
		Time: time.UnixMicro(number("time")).UTC(), Data: []byte(text("data")),
	}
	e.Traceparent, _ = fields["traceparent"].(string)
	e.Actor = actorOf(fields)
	if !complete || !storable(e.ID, e.Type, e.Subject, e.Actor.Subject, e.Traceparent) {
		e.Type = ""
	}
	return e
}

// actorOf is who made the event true; nobody where that can't be read.
func actorOf(fields map[string]any) access.Principal {
	role, _ := fields["actorrole"].(string)
	n, err := strconv.ParseInt(role, 10, 32)
	if err != nil {
		return access.Principal{}
	}
	subject, _ := fields["actor"].(string)
	return access.Principal{Role: accessv1.Role(n), Subject: subject}
}

// storable tells whether both databases take the texts.
func storable(texts ...string) bool {
	for _, t := range texts {
		if !utf8.ValidString(t) || strings.ContainsRune(t, 0) {
			return false
		}
	}
	return true
}
