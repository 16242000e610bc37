// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package cases

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// caseColumnRows are the rows of the table cases, each of them a Case.
var caseColumnRows = resource.Rows[*supportv1.Case, *supportv1.ListCasesResponse]{
	Table:   "cases",
	Pattern: "cases/{case}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "customer", Field: "customer"},
		{Name: "title", Field: "title"},
		{Name: "description", Field: "description"},
		{Name: "about", Field: "about"},
		{Name: "kind", Field: "kind", Kind: page.Enum, Enum: supportv1.Case_Kind(0)},
		{Name: "channel", Field: "channel", Kind: page.Enum, Enum: typepb.Channel(0)},
		{Name: "state", Field: "state", Kind: page.Enum, Enum: supportv1.Case_State(0)},
		{Name: "queue", Field: "queue"},
		{Name: "agent", Field: "agent"},
		{Name: "escalated", Field: "escalated", Kind: page.Bool},
		{Name: "agent_required", Field: "agent_required", Kind: page.Bool},
		{Name: "contact_count", Field: "contact_count", Kind: page.Int},
		{Name: "promise", Field: "promise"},
		{Name: "reply_due", Field: "reply_due_time", Kind: page.Timestamp},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
		{Name: "replied", Field: "reply_time", Kind: page.Timestamp, Null: true},
		{Name: "closed", Field: "close_time", Kind: page.Timestamp, Null: true},
		{Name: "resolution", Field: "resolution"},
		{Name: "customer_class", Field: "customer_class"},
	},
	Key:    keyOfCase,
	Scan:   scanCase,
	Values: valuesOfCase,
	Page: func(found []*supportv1.Case, nextPageToken string) *supportv1.ListCasesResponse {
		return &supportv1.ListCasesResponse{Cases: found, NextPageToken: nextPageToken}
	},
}

// keyOfCase reads a name such as cases/{case}.
func keyOfCase(name string) ([]any, error) {
	var n supportv1.CaseResourceName
	err := n.UnmarshalString(name)
	return []any{n.Case}, err
}

func scanCase(r *sqldb.Rows) (*supportv1.Case, error) {
	var id string
	var version, kind, channel, state int64
	var replyDue, created, replied, closed *int64
	m := &supportv1.Case{}
	err := r.Scan(&id, &version, &m.Customer, &m.Title, &m.Description, &m.About, &kind,
		&channel, &state, &m.Queue, &m.Agent, &m.Escalated, &m.AgentRequired, &m.ContactCount,
		&m.Promise, &replyDue, &created, &replied, &closed, &m.Resolution, &m.CustomerClass)
	if err != nil {
		return nil, err
	}
	m.Name = supportv1.CaseResourceName{Case: id}.String()
	m.Etag = resource.Etag(version)
	m.Kind = supportv1.Case_Kind(kind)
	m.Channel = typepb.Channel(channel)
	m.State = supportv1.Case_State(state)
	m.ReplyDueTime = clock.Stamp(replyDue)
	m.CreateTime = clock.Stamp(created)
	m.ReplyTime = clock.Stamp(replied)
	m.CloseTime = clock.Stamp(closed)
	return m, nil
}

func valuesOfCase(m *supportv1.Case) ([]any, error) {
	var name supportv1.CaseResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	return []any{
		name.Case,
		resource.Version(m.GetEtag()),
		m.GetCustomer(),
		m.GetTitle(),
		m.GetDescription(),
		m.GetAbout(),
		int64(m.GetKind()),
		int64(m.GetChannel()),
		int64(m.GetState()),
		m.GetQueue(),
		m.GetAgent(),
		m.GetEscalated(),
		m.GetAgentRequired(),
		int64(m.GetContactCount()),
		m.GetPromise(),
		resource.Micros(m.GetReplyDueTime()),
		resource.Micros(m.GetCreateTime()),
		resource.Micros(m.GetReplyTime()),
		resource.Micros(m.GetCloseTime()),
		m.GetResolution(),
		m.GetCustomerClass(),
	}, nil
}
