package localcopy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/inbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Company is a service's copy of the company that it works for. The service's migration has its table:
//
//	create table company (
//	    name    text   not null constraint company_pkey primary key,
//	    version bigint not null,
//	    content bytea  not null
//	);
type Company struct {
	copies Copy[*customerv1.Company]
	db     *sqldb.DB
	peer   func(service string) grpc.ClientConnInterface

	mu   sync.Mutex
	last *customerv1.Company
	err  error
	read time.Time // wall time
}

const (
	companyName = "company"
	// companyFresh is how long a process goes by what it has read; companyPatience is how long the owner may take.
	companyFresh    = time.Second
	companyPatience = time.Second
)

// NewCompany makes the copy.
func NewCompany(deps kit.Deps) *Company {
	c := &Company{db: deps.DB, peer: deps.Peer}
	c.copies = Copy[*customerv1.Company]{
		Table: "company", Version: "version", Columns: []string{"name", "version", "content"},
		Values: func(m *customerv1.Company) []any {
			content, err := resource.Pack(m)
			if err != nil { // texts of the contract, which has checked them
				panic(err)
			}
			return []any{companyName, resource.Version(m.GetEtag()), content}
		},
		Scan: func(r *sqldb.Rows) (*customerv1.Company, error) {
			var name string
			var version int64
			var content []byte
			if err := r.Scan(&name, &version, &content); err != nil {
				return nil, err
			}
			m := &customerv1.Company{}
			return m, resource.Unpack(content, m)
		},
		Ask: c.ask,
	}
	return c
}

// Capability keeps the copy.
func (c *Company) Capability() kit.Capability {
	return kit.Capability{Name: "company", Events: []inbox.Handler{inbox.OnAll("company.changed", c.onChanged)}}
}

func (c *Company) onChanged(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CompanyChanged]) error {
	for _, e := range events {
		c.copies.Keep(tx, e.Fact.GetCompany())
	}
	tx.AfterCommit(c.forget)
	return nil
}

func (c *Company) ask(ctx context.Context, name string) (*customerv1.Company, error) {
	ctx, cancel := context.WithTimeout(ctx, companyPatience)
	defer cancel()
	m, err := customerv1.NewCompanyServiceClient(c.peer("customer")).GetCompany(ctx, &customerv1.GetCompanyRequest{Name: name})
	if err != nil {
		return nil, fmt.Errorf("ask the customer service for the company: %w", err)
	}
	return m, nil
}

// Get is the company as it was a second ago at most; from the customer service where there is no copy yet. It may call over the
// network, so it stands before a transaction. Don't change it.
//
// Errors: the customer service's, such as UNAVAILABLE, where nothing is known of the company.
func (c *Company) Get(ctx context.Context) (*customerv1.Company, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) < companyFresh {
		return c.last, c.err
	}
	c.last, c.err = c.find(ctx)
	c.read = time.Now()
	return c.last, c.err
}

// find is the copy. Where there is none the owner is asked, once: what it says is the copy from then on.
func (c *Company) find(ctx context.Context) (*customerv1.Company, error) {
	known, err := c.copies.Known(ctx, c.db, companyName)
	if one, there := known[companyName]; there || err != nil {
		return one, err
	}
	one, err := c.copies.Ask(ctx, companyName)
	if err != nil {
		return nil, err
	}
	return one, c.db.Update(ctx, "company", func(tx *sqldb.Tx) error {
		c.copies.Keep(tx, one)
		return nil
	})
}

// Select is a query for the copy, and Read takes its answer: for a transaction that asks for more at once. Where there is no copy yet
// nothing is known of the company.
func (c *Company) Select() *sqldb.Stmt { return c.copies.Select(companyName) }

// Read is what Select has found.
func (c *Company) Read(rows *sqldb.Rows) (*customerv1.Company, error) {
	found, err := c.copies.Read(rows)
	return found[companyName], err
}

func (c *Company) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = time.Time{}
}
