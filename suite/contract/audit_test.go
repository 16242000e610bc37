package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// notAudited are the RPCs of customers' data that leave no audit entry when employees call them, with the reason.
func notAudited() map[string]string {
	return map[string]string{}
}

// TestEmployeesLeaveAnAuditEntry calls, as an employee, every RPC that reads or changes what customers have, and looks for the entry.
func TestEmployeesLeaveAnAuditEntry(t *testing.T) {
	w := newFixture(t)
	var called []rpc
	for _, r := range rpcs(t) {
		employee, may := w.employee(r)
		if !may || !r.ofCustomers() {
			continue
		}
		if why, exempt := notAudited()[r.full()]; exempt {
			t.Logf("exempt: %s: %s", r, why)
			continue
		}
		a := w.overGRPC(t, r, employee.token, "", w.sample(t, r))
		require.Equal(t, codes.OK, a.code(), "%s: %v", r, a)
		called = append(called, r)
	}
	require.NotEmpty(t, called)
	for _, r := range called {
		action := opsv1.AuditEntry_READ
		if r.changes() {
			action = opsv1.AuditEntry_CHANGED
		}
		require.Eventually(t, func() bool { return w.entries(t, r, action) > 0 }, 30*time.Second, 50*time.Millisecond,
			"%s leaves no entry %s", r, action)
	}
	t.Logf("%d RPCs leave an entry", len(called))
}

// employee is somebody of the staff who may call the RPC.
func (w *fixture) employee(r rpc) (caller, bool) {
	for _, role := range []accessv1.Role{accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN} {
		if !r.open() && r.allows(role) {
			return w.as(role, "agents/audited"), true
		}
	}
	return caller{}, false
}

// entries counts what the employee has left by the RPC.
func (w *fixture) entries(t *testing.T, r rpc, action opsv1.AuditEntry_Action) (count int) {
	row := w.data.services[r.at].QueryRowContext(t.Context(),
		`select count(*) from audit where method = ? and action = ? and principal = 'agents/audited'`, r.full(), int64(action))
	require.NoError(t, row.Scan(&count))
	return count
}

// ofCustomers tells whether the RPC is about what customers have: its access rule says how a customer's own is told, or its request
// or answer names a customer.
func (r rpc) ofCustomers() bool {
	seen := map[protoreflect.FullName]bool{}
	return r.rule.GetOwn() != nil || namesCustomer(r.desc.Input(), seen) || namesCustomer(r.desc.Output(), seen)
}

func namesCustomer(md protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[md.FullName()] {
		return false
	}
	seen[md.FullName()] = true
	resource, _ := proto.GetExtension(md.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	if resource.GetType() == "kept.dev/Customer" {
		return true
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		reference, _ := proto.GetExtension(fd.Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
		if reference.GetType() == "kept.dev/Customer" || fd.Message() != nil && namesCustomer(fd.Message(), seen) {
			return true
		}
	}
	return false
}
