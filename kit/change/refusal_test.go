package change_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// What a change asks for first may refuse a retry that comes late, or be away. The first answer counts.
func TestARetryGetsItsFirstAnswerWhateverIsRefusedMeanwhile(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		refusal := error(nil)
		call := func(key, body string) (string, bool, error) {
			who := anna(key)
			answer, err := change.DoAfter(who.context(t), b.db, wrapperspb.String(body),
				func() (string, error) { return "known", refusal },
				func(tx *sqldb.Tx, prepared string) (*wrapperspb.StringValue, error) {
					tx.Exec(`insert into effect (body) values ($1)`, prepared)
					return wrapperspb.String(prepared + " " + body), nil
				})
			return answer.GetValue(), who.replayed(), err
		}
		first, replayed, err := call("k", "one")
		require.NoError(t, err)
		require.False(t, replayed)
		for _, refusal = range []error{nil, errs.NotFound("customers/1"), errs.Unavailable("PEER_UNAVAILABLE", "away"), errors.New("broken")} {
			again, replayed, err := call("k", "one")
			require.NoError(t, err)
			require.True(t, replayed)
			require.Equal(t, first, again)
			_, _, err = call("k", "two")
			require.Equal(t, "IDEMPOTENCY_KEY_REUSED", errs.ReasonOf(err))
		}
		for _, key := range []string{"", "another"} {
			_, _, err = call(key, "one")
			require.ErrorIs(t, err, refusal)
		}
		require.EqualValues(t, 1, b.effects(t))
	})
}

// The guard of the scope stands before the commit: nothing that a handler did without it stays.
func TestAChangeWithoutTheScopeIsNotCommitted(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		guarded := func(key string) context.Context {
			return access.Guarded(anna(key).context(t), "/kept.test.v1.Test/Create")
		}
		_, err := b.call(guarded("k"), wrapperspb.String("body"))
		require.ErrorContains(t, err, "has not asked for access.ScopeOf")
		require.Zero(t, b.effects(t))
		ctx := guarded("k")
		require.NotEmpty(t, access.ScopeOf(ctx).Customer)
		_, err = b.call(ctx, wrapperspb.String("body"))
		require.NoError(t, err)
		ctx = guarded("k")
		_, err = b.call(ctx, wrapperspb.String("body"))
		require.NoError(t, err, "the first answer needs no scope")
		require.NoError(t, access.Asked(ctx))
		require.EqualValues(t, 1, b.effects(t))
	})
}
