package message

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "created", Kind: page.Timestamp},
		{Name: "customer", Kind: page.String, FilterOnly: true},
		{Name: "about", Kind: page.String, FilterOnly: true},
		{Name: "event_type", Kind: page.String, FilterOnly: true},
		{Name: "template", Kind: page.String, FilterOnly: true},
	},
}

// ListMessages lists messages by page: for a customer their inbox.
func (s *Service) ListMessages(
	ctx context.Context, req *notificationv1.ListMessagesRequest,
) (*notificationv1.ListMessagesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	var own []page.Cond
	if customer := access.ScopeOf(ctx).Customer; customer != "" {
		own = append(own, page.Where("customer = ?", customer))
	}
	text, args := query.SQL(selectMessages, own...)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	found, next, err := cut(query, found)
	if err != nil {
		return nil, err
	}
	if err := s.complete(ctx, found); err != nil {
		return nil, err
	}
	return &notificationv1.ListMessagesResponse{Messages: protos(found), NextPageToken: next}, nil
}

// pageBytes is about how much text a page has at most: a page of long messages has fewer of them than was asked for
// (AIP-158), since an answer that is too large would not arrive at all.
const pageBytes = 2 << 20

func cut(query *page.Query, found []row) ([]row, string, error) {
	size := 0
	for i, m := range found {
		size += len(m.GetBody())
		if size > pageBytes && i > 0 && i < query.Size() {
			next, err := nextAfter(query, found[i-1])
			return found[:i], next, err
		}
	}
	return page.Cut(query, found, column)
}

func nextAfter(query *page.Query, last row) (string, error) {
	var values []any
	for _, name := range query.Columns() {
		values = append(values, column(last, name))
	}
	return query.Next(values...)
}

func column(m row, name string) any {
	if name == "created" {
		return micros(m.GetCreateTime().AsTime())
	}
	return idOf(m.GetName())
}

func protos(found []row) []*notificationv1.Message {
	out := make([]*notificationv1.Message, len(found))
	for i, m := range found {
		out[i] = m.Message
	}
	return out
}
