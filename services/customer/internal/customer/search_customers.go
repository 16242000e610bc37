package customer

import (
	"cmp"
	"context"
	"slices"

	"kept.dev/kit/search"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// found is what customers are found by.
var found = search.Index{Kind: "customer"}

// SearchCustomers finds customers by what people know of them, the best match first.
func (s *Service) SearchCustomers(
	ctx context.Context, req *customerv1.SearchCustomersRequest,
) (*customerv1.SearchCustomersResponse, error) {
	names, next, err := found.Find(ctx, s.db, req)
	if err != nil || len(names) == 0 {
		return &customerv1.SearchCustomersResponse{}, err
	}
	ids, place := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		ids[i], place[name] = idOf(name), i
	}
	list, args := sqldb.List(1, ids)
	rows, err := s.db.Query(ctx, customerRows.Select()+` where id in `+list, args...)
	if err != nil {
		return nil, err
	}
	customers, err := sqldb.All(rows, customerRows.Scan)
	slices.SortFunc(customers, func(a, b *customerv1.Customer) int { return cmp.Compare(place[a.GetName()], place[b.GetName()]) })
	return &customerv1.SearchCustomersResponse{Customers: customers, NextPageToken: next}, err
}
