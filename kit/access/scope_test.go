package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Whoever is added to the roles sees nothing until somebody says otherwise.
func TestScope(t *testing.T) {
	all, nothing := access.Scope{}, access.Scope{Customer: "customers/"}
	want := map[accessv1.Role]access.Scope{
		customer: {Customer: "customers/1"}, agent: all, accessv1.Role_ROLE_MANAGER: all, accessv1.Role_ROLE_ADMIN: all,
		accessv1.Role_ROLE_SERVICE: all,
		guest:                      nothing, accessv1.Role_ROLE_PARTNER: nothing, accessv1.Role_ROLE_UNSPECIFIED: nothing, 31: nothing,
	}
	require.Len(t, want, accessv1.Role(0).Descriptor().Values().Len()+1, "every role, and one that is not known yet")
	for role, scope := range want {
		ctx := access.With(t.Context(), access.Principal{Role: role, Subject: "customers/1"})
		require.Equal(t, scope, access.ScopeOf(ctx), role)
	}
	require.Equal(t, nothing, access.ScopeOf(access.With(t.Context(), access.Principal{Role: customer})), "a customer without a subject")
	require.Equal(t, nothing, access.ScopeOf(t.Context()), "nobody")
	require.Equal(t, all, access.ScopeOf(access.With(t.Context(), access.Service("order"))))
}

func TestWhoForgetsTheScopeDoesNotAnswer(t *testing.T) {
	const call = "/shop.Shop/Call"
	for name, c := range map[string]struct {
		rule    *accessv1.Rule
		guarded bool
	}{
		"by row":   {ownRows(customer), true},
		"by field": {own("customer", customer), false},
		"by role":  {roles(agent), false},
	} {
		rules, err := access.Rules(shop(t, c.rule))
		require.NoError(t, err)
		ctx := rules.Guard(t.Context(), call)
		require.Equal(t, c.guarded, access.Asked(ctx) != nil, name)
		access.ScopeOf(ctx)
		require.NoError(t, access.Asked(ctx), name)
		again := rules.Guard(ctx, call)
		require.Equal(t, c.guarded, access.Asked(again) != nil, "%s: each call asks for itself", name)
		access.Replayed(again)
		require.NoError(t, access.Asked(again), name)
		require.NoError(t, access.Asked(rules.Guard(t.Context(), "/shop.Shop/Unknown")))
	}
	require.NoError(t, access.Asked(t.Context()), "timers and event handlers answer nobody")
}
