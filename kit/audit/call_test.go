package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Whose what is read is, the names in the request and in the answer tell.
func TestACallNamesTheCustomers(t *testing.T) {
	for name, tc := range map[string]struct {
		ofCustomers     bool
		request, answer proto.Message
		want            []audit.Entry
	}{
		"one of theirs": {true, &orderv1.GetOrderRequest{Name: "orders/7"}, &orderv1.Order{Name: "orders/7", Customer: "customers/1"},
			[]audit.Entry{{Resource: "orders/7", Subject: "customers/1"}}},
		"under them": {true, &customerv1.DeleteIdentityRequest{Name: "customers/1/identities/2"}, &emptypb.Empty{},
			[]audit.Entry{{Resource: "customers/1/identities/2", Subject: "customers/1"}}},
		"many": {true, &orderv1.ListOrdersRequest{}, &orderv1.ListOrdersResponse{Orders: []*orderv1.Order{
			{Name: "orders/7", Customer: "customers/1"}, {Name: "orders/8", Customer: "customers/2"}, {Name: "orders/9", Customer: "customers/1"}}},
			[]audit.Entry{{Resource: "customers/1", Subject: "customers/1"}, {Resource: "customers/2", Subject: "customers/2"}}},
		"whose is not told": {true, &orderv1.ListRefundsRequest{Parent: "orders/7"}, &orderv1.ListRefundsResponse{},
			[]audit.Entry{{Resource: "orders/7"}}},
		"none":       {true, &orderv1.ListOrdersRequest{}, &orderv1.ListOrdersResponse{}, nil},
		"not theirs": {false, &orderv1.GetProductRequest{Name: "products/tea"}, &orderv1.Product{Name: "products/tea"}, nil},
		"a text":     {false, &orderv1.CancelOrderRequest{Reason: "customers/1"}, nil, nil},
	} {
		_, call := audit.Begin(as(t, anna), tc.ofCustomers)
		messages := []proto.Message{tc.request}
		if tc.answer != nil {
			messages = append(messages, tc.answer)
		}
		require.Equal(t, tc.want, call.Read(messages...), name)
	}
}

func TestOnlyEmployeesAreNoted(t *testing.T) {
	for role, noted := range map[accessv1.Role]bool{
		accessv1.Role_ROLE_AGENT: true, accessv1.Role_ROLE_MANAGER: true, accessv1.Role_ROLE_ADMIN: true,
		accessv1.Role_ROLE_CUSTOMER: false, accessv1.Role_ROLE_SERVICE: false, accessv1.Role_ROLE_UNSPECIFIED: false,
	} {
		_, call := audit.Begin(as(t, access.Principal{Role: role, Subject: "x"}), true)
		require.Equal(t, noted, call != nil, role)
		require.Equal(t, noted, call.Read(&orderv1.GetOrderRequest{Name: "orders/7"}) != nil)
	}
}

// What a call has changed is not noted as read besides.
func TestAChangeIsNoRead(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		ctx, call := audit.Begin(as(t, anna), true)
		request := &orderv1.CancelOrderRequest{Name: "orders/7"}
		var committed func()
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			committed = audit.ChangedBy(ctx, tx, request, &orderv1.Order{Customer: "customers/1"})
			return nil
		}))
		require.NotEmpty(t, call.Read(request), "it may still have failed")
		committed()
		require.Empty(t, call.Read(request))
		require.Len(t, entries(t, db, `action = CHANGED AND subject = "customers/1" AND resource = "orders/7"`), 1)
	})
}

func TestNoLogNotesNothing(t *testing.T) {
	var none *audit.Reads
	require.NoError(t, none.Note(as(t, anna), order))
}
