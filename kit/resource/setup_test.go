package resource_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// The three sorts of resource: one that stands by itself, one that is a customer's, and one that is under that.
var (
	programs = resource.Of(programRows,
		resource.Sortable("create_time", "points_per_unit"), resource.Filterable("currency_code"), resource.Order("create_time desc"))
	accounts = resource.Of(accountRows, resource.Under(programs), resource.Owner("customer"), resource.Where("balance >= 0"))
	postings = resource.Of(postingRows, resource.Under(accounts), resource.Sortable("points"), resource.Filterable("kind"))
)

const (
	createPrograms = `create table program (
		id text not null constraint program_pkey primary key, version bigint not null, display_name text not null,
		points_per_unit bigint not null, currency text not null, created bigint)`
	createAccounts = `create table account (
		program text not null, id text not null, customer text not null, balance bigint not null,
		constraint account_pkey primary key (program, id),
		constraint account_program_fkey foreign key (program) references program (id))`
	createPostings = `create table posting (
		program text not null, account text not null, id text not null, kind bigint not null, points bigint not null,
		constraint posting_pkey primary key (program, account, id))`
)

func onBoth(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		for _, text := range []string{createPrograms, createAccounts, createPostings} {
			kittest.Exec(t, db, text)
		}
		test(t, db)
	})
}

var programRows = resource.Rows[*loyaltyv1.Program, *loyaltyv1.ListProgramsResponse]{
	Table: "program",
	Columns: []resource.Column{
		{Name: "id", Field: "name"}, {Name: "version", Field: "etag", Kind: page.Int}, {Name: "display_name", Field: "display_name"},
		{Name: "points_per_unit", Field: "points_per_unit", Kind: page.Int}, {Name: "currency", Field: "currency_code"},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
	},
	Key: func(name string) ([]any, error) {
		var n loyaltyv1.ProgramResourceName
		err := n.UnmarshalString(name)
		return []any{n.Program}, err
	},
	Scan: func(r *sqldb.Rows) (*loyaltyv1.Program, error) {
		var id string
		var version int64
		var created *int64
		m := &loyaltyv1.Program{}
		err := r.Scan(&id, &version, &m.DisplayName, &m.PointsPerUnit, &m.CurrencyCode, &created)
		m.Name, m.Etag = loyaltyv1.ProgramResourceName{Program: id}.String(), resource.Etag(version)
		m.CreateTime = clock.Stamp(created)
		return m, err
	},
	Values: func(m *loyaltyv1.Program) ([]any, error) {
		var name loyaltyv1.ProgramResourceName
		err := name.UnmarshalString(m.GetName())
		return []any{name.Program, resource.Version(m.GetEtag()), m.GetDisplayName(), m.GetPointsPerUnit(), m.GetCurrencyCode(),
			resource.Micros(m.GetCreateTime())}, err
	},
	Page: func(found []*loyaltyv1.Program, nextPageToken string) *loyaltyv1.ListProgramsResponse {
		return &loyaltyv1.ListProgramsResponse{Programs: found, NextPageToken: nextPageToken}
	},
}

// accountRows keep the parts of the name apart.
var accountRows = resource.Rows[*loyaltyv1.Account, *loyaltyv1.ListAccountsResponse]{
	Table: "account",
	Columns: []resource.Column{
		{Name: "program", Field: "parent"}, {Name: "id", Field: "name"}, {Name: "customer", Field: "customer"},
		{Name: "balance", Field: "balance", Kind: page.Int},
	},
	Key: func(name string) ([]any, error) {
		var n loyaltyv1.AccountResourceName
		err := n.UnmarshalString(name)
		return []any{n.Program, n.Account}, err
	},
	Parent: func(parent string) ([]any, error) {
		var n loyaltyv1.ProgramResourceName
		err := n.UnmarshalString(parent)
		return []any{n.Program}, err
	},
	ParentKey: "account_program_fkey",
	Scan: func(r *sqldb.Rows) (*loyaltyv1.Account, error) {
		var program, id string
		m := &loyaltyv1.Account{}
		err := r.Scan(&program, &id, &m.Customer, &m.Balance)
		m.Name = loyaltyv1.AccountResourceName{Program: program, Account: id}.String()
		return m, err
	},
	Values: func(m *loyaltyv1.Account) ([]any, error) {
		var name loyaltyv1.AccountResourceName
		err := name.UnmarshalString(m.GetName())
		return []any{name.Program, name.Account, m.GetCustomer(), m.GetBalance()}, err
	},
	Page: func(found []*loyaltyv1.Account, nextPageToken string) *loyaltyv1.ListAccountsResponse {
		return &loyaltyv1.ListAccountsResponse{Accounts: found, NextPageToken: nextPageToken}
	},
}

func as(t testing.TB, role accessv1.Role, subject string) context.Context {
	return access.With(t.Context(), access.Principal{Role: role, Subject: subject})
}

func agent(t testing.TB) context.Context { return as(t, accessv1.Role_ROLE_AGENT, "agents/anna") }

func customer(t testing.TB, id string) context.Context {
	return as(t, accessv1.Role_ROLE_CUSTOMER, "customers/"+id)
}

func write(t testing.TB, db *sqldb.DB, do func(tx *sqldb.Tx) error) {
	t.Helper()
	require.NoError(t, db.Update(t.Context(), "test", do))
}

func named(name string) *loyaltyv1.GetProgramRequest { return &loyaltyv1.GetProgramRequest{Name: name} }

func updateOf(p *loyaltyv1.Program, paths ...string) *loyaltyv1.UpdateProgramRequest {
	return &loyaltyv1.UpdateProgramRequest{Program: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}}
}
