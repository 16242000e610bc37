package timeline

import (
	"encoding/json"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// idOf is the last part of an entry's name: the id of the event, or of what of an event the entry is.
func idOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

const insertEntries = `
	insert into timeline_entry (id, customer, event_time, known, source, event_type, resource, about, channel, actor_role, actor, details)
	values`

// insert writes entries, all of which became known at the same moment. Those that are there stay.
func insert(tx *sqldb.Tx, known time.Time, entries ...*customerv1.TimelineEntry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		details, err := json.Marshal(e.GetDetails())
		if err != nil {
			return err
		}
		customer, id, _ := strings.Cut(e.GetName(), collection)
		rows[i] = []any{
			id, customer, e.GetEventTime().AsTime().UnixMicro(), known.UnixMicro(), e.GetSource(), e.GetEventType(),
			e.GetResource(), e.GetAbout(), int64(e.GetChannel()), int64(e.GetActor().GetRole()), e.GetActor().GetPrincipal(),
			string(details),
		}
	}
	tx.ExecValues(insertEntries, rows, "on conflict (id) do nothing")
	return nil
}

// selectEntries reads what scan scans.
const selectEntries = `select id, known, customer, event_time, source, event_type, resource, about, channel, actor_role, actor, details from timeline_entry`

// row is an entry, and when this service heard of it.
type row struct {
	*customerv1.TimelineEntry
	known int64
}

func scan(r *sqldb.Rows) (row, error) {
	var id, customer, actor, details string
	var at, channel, role int64
	e := row{TimelineEntry: &customerv1.TimelineEntry{}}
	err := r.Scan(&id, &e.known, &customer, &at, &e.Source, &e.EventType, &e.Resource, &e.About, &channel, &role, &actor, &details)
	if err != nil {
		return e, err
	}
	e.Name = customer + collection + id
	e.EventTime = timestamppb.New(time.UnixMicro(at))
	e.Channel, e.Actor = typepb.Channel(channel), access.ActorOf(role, actor)
	return e, json.Unmarshal([]byte(details), &e.Details)
}

// knownCustomer finds a row if there is such a customer.
func knownCustomer(name string) *sqldb.Stmt {
	return sqldb.Q(`select id from customer where id = $1`, strings.TrimPrefix(name, "customers/"))
}
