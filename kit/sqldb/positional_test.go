package sqldb

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPositional(t *testing.T) {
	for text, want := range map[string]string{
		"select 1":                               "select 1",
		"insert into x values ($1, $2), ($3,$4)": "insert into x values (?, ?), (?,?)",
		"select $1 where a = $1":                 "select $1 where a = $1",
		"select $2, $1":                          "select $2, $1",
		"select '$1' where a = $1 and b='it''s'": "select '$1' where a = ? and b='it''s'",
		"select $1 where b = 'a' || $2":          "select ? where b = 'a' || ?",
		"select a -> '$.b' from t where c = $1":  "select a -> '$.b' from t where c = ?",
		"select $10":                             "select $10",
	} {
		require.Equal(t, want, positional(text))
	}
}
