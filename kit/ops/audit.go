package ops

import (
	"context"
	"strings"

	"kept.dev/kit/audit"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Audit implements AuditService for one service.
type Audit struct {
	opsv1.UnimplementedAuditServiceServer
	Service string
	DB      *sqldb.DB
}

var auditEntries = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "time", Kind: page.Timestamp},
		{Name: "principal", FilterOnly: true},
		{Name: "subject", FilterOnly: true},
		{Name: "resource", FilterOnly: true},
		{Name: "method", FilterOnly: true},
		{Name: "action", Kind: page.Enum, Enum: opsv1.AuditEntry_READ, FilterOnly: true},
	},
}

// ListAuditEntries lists who read or changed what of whom, the latest first.
//
// Errors: NOT_FOUND for another service; INVALID_ARGUMENT for the filter or the page token.
func (a *Audit) ListAuditEntries(
	ctx context.Context, req *opsv1.ListAuditEntriesRequest,
) (*opsv1.ListAuditEntriesResponse, error) {
	if req.GetParent() != "services/"+a.Service {
		return nil, errs.NotFound(req.GetParent())
	}
	query, err := auditEntries.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(`select ` + audit.Columns + ` from audit`)
	rows, err := a.DB.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, audit.Scan)
	if err != nil {
		return nil, err
	}
	collection := req.GetParent() + "/auditEntries/"
	for _, e := range found {
		e.Name = collection + e.GetName()
	}
	found, next, err := page.Cut(query, found, func(e *opsv1.AuditEntry, column string) any {
		if column == "time" {
			return e.GetCreateTime().AsTime().UnixMicro()
		}
		return strings.TrimPrefix(e.GetName(), collection)
	})
	return &opsv1.ListAuditEntriesResponse{AuditEntries: found, NextPageToken: next}, err
}
