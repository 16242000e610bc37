package account

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// An account's postings are numbered, so the statement has an order even where two were made in the same microsecond.
var postingListing = page.Listing{
	ID:           "number",
	DefaultOrder: "number desc",
	Fields:       []page.Field{{Name: "number", Kind: page.Int, OrderOnly: true}},
}

const selectPostings = `
	select p.number, p.entry_id, e.kind, p.points, p.balance, e.about, e.reason, e.actor_role, e.actor, e.created
	from posting p join entry e on e.id = p.entry_id`

// ListPostings lists an account's postings by page, the latest first.
//
// Errors: NOT_FOUND for an unknown account, and for a customer who asks about another's.
func (s *Service) ListPostings(
	ctx context.Context, req *loyaltyv1.ListPostingsRequest,
) (*loyaltyv1.ListPostingsResponse, error) {
	query, err := postingListing.Parse(req)
	if err != nil {
		return nil, err
	}
	h := holderOf(req.GetParent())
	if !h.visibleTo(access.ScopeOf(ctx).Customer) {
		return nil, errs.NotFound(req.GetParent())
	}
	// The index leaves out the company's postings; only a query that says so, too, is known to need no others.
	text, args := query.SQL(selectPostings,
		page.Where("p.program = ?", h.program), page.Where("p.customer = ?", h.customer), page.Where("p.customer <> ''"))
	results, err := s.db.Batch(ctx, selectAccount(h), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	lines, err := sqldb.All(results[1], h.scanLine)
	if err != nil {
		return nil, err
	}
	lines, next, err := page.Cut(query, lines, func(l line, _ string) any { return l.number })
	if err != nil {
		return nil, err
	}
	return &loyaltyv1.ListPostingsResponse{Postings: postingsOf(lines), NextPageToken: next}, nil
}

// line is a line of an account's statement.
type line struct {
	number  int64
	posting *loyaltyv1.Posting
}

func (h holder) scanLine(r *sqldb.Rows) (l line, err error) {
	var id, actor string
	var kind, role, created int64
	p := &loyaltyv1.Posting{}
	err = r.Scan(&l.number, &id, &kind, &p.Points, &p.Balance, &p.About, &p.Reason, &role, &actor, &created)
	p.Name, p.Kind = h.posting(id), loyaltyv1.Posting_Kind(kind)
	p.Actor, p.CreateTime = access.ActorOf(role, actor), timestamppb.New(time.UnixMicro(created))
	l.posting = p
	return l, err
}

func postingsOf(lines []line) []*loyaltyv1.Posting {
	postings := make([]*loyaltyv1.Posting, len(lines))
	for i, l := range lines {
		postings[i] = l.posting
	}
	return postings
}
