package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOperatorsArePinned(t *testing.T) {
	var all []operator
	require.NoError(t, json.Unmarshal(pins, &all))
	require.NotEmpty(t, all)
	for _, o := range all {
		require.NotContains(t, programs, o.Name, "its archive would have the name of one of ours")
		if o.Module != "" {
			require.Regexp(t, `^v\d`, o.Version, o.Name)
			require.True(t, strings.HasPrefix(o.Package, o.Module), o.Name)
		}
	}
	require.ErrorContains(t, settings{out: t.TempDir(), only: []string{"nobody"}}.makeOperators(t.Context()), "no operator")
}
