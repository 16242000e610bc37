package resource_test

import (
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// postingRows refer to their account by the two columns of its key.
var postingRows = resource.Rows[*loyaltyv1.Posting, *loyaltyv1.ListPostingsResponse]{
	Table: "posting",
	Columns: []resource.Column{
		{Name: "program", Field: "parent"}, {Name: "account", Field: "parent"}, {Name: "id", Field: "name"},
		{Name: "kind", Field: "kind", Kind: page.Enum, Enum: loyaltyv1.Posting_EARNING},
		{Name: "points", Field: "points", Kind: page.Int},
	},
	Key: func(name string) ([]any, error) {
		var n loyaltyv1.PostingResourceName
		err := n.UnmarshalString(name)
		return []any{n.Program, n.Account, n.Posting}, err
	},
	Parent: func(parent string) ([]any, error) {
		var n loyaltyv1.AccountResourceName
		err := n.UnmarshalString(parent)
		return []any{n.Program, n.Account}, err
	},
	Scan: func(r *sqldb.Rows) (*loyaltyv1.Posting, error) {
		var program, account, id string
		var kind int64
		m := &loyaltyv1.Posting{}
		err := r.Scan(&program, &account, &id, &kind, &m.Points)
		m.Name = loyaltyv1.PostingResourceName{Program: program, Account: account, Posting: id}.String()
		m.Kind = loyaltyv1.Posting_Kind(kind)
		return m, err
	},
	Values: func(m *loyaltyv1.Posting) ([]any, error) {
		var n loyaltyv1.PostingResourceName
		err := n.UnmarshalString(m.GetName())
		return []any{n.Program, n.Account, n.Posting, int64(m.GetKind()), m.GetPoints()}, err
	},
	Page: func(found []*loyaltyv1.Posting, nextPageToken string) *loyaltyv1.ListPostingsResponse {
		return &loyaltyv1.ListPostingsResponse{Postings: found, NextPageToken: nextPageToken}
	},
}
