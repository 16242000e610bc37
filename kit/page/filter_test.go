package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilterBecomesSQL(t *testing.T) {
	noon := int64(1796126400000000)
	for filter, want := range map[string]struct {
		sql  string
		args []any
	}{
		`size = 3`:                           {`size = $1`, []any{int64(3)}},
		`size=-3`:                            {`size = $1`, []any{int64(-3)}},
		`size >= 3 AND size < 9`:             {`(size >= $1 and size < $2)`, []any{int64(3), int64(9)}},
		`customer = "customers/a"`:           {`customer = $1`, []any{"a"}},
		`customer = customers/a`:             {`customer = $1`, []any{"a"}},
		`name > 'things/x'`:                  {`id > $1`, []any{"x"}},
		`role = ROLE_AGENT`:                  {`role = 3`, []any{}},
		`role != ROLE_AGENT`:                 {`role != 3`, []any{}},
		`open`:                               {`open = $1`, []any{true}},
		`NOT open`:                           {`not (open = $1)`, []any{true}},
		`-open`:                              {`not (open = $1)`, []any{true}},
		`open = false`:                       {`open = $1`, []any{false}},
		`make_time < "2026-12-01T12:00:00Z"`: {`make_time < $1`, []any{noon}},
		`make_time < "2026-12-01T13:00:00+01:00"`: {`make_time < $1`, []any{noon}},
		// Half a microsecond after noon: noon is before it, the next microsecond is not.
		`make_time < "2026-12-01T12:00:00.0000005Z"`:  {`make_time <= $1`, []any{noon}},
		`make_time >= "2026-12-01T12:00:00.0000005Z"`: {`make_time > $1`, []any{noon}},
		`make_time <= "2026-12-01T12:00:00.0000005Z"`: {`make_time <= $1`, []any{noon}},
		`due_time = "2026-12-01T12:00:00Z"`:           {`(due_time is not null and due_time = $1)`, []any{noon}},
		`due_time != "2026-12-01T12:00:00Z"`:          {`(due_time is null or due_time != $1)`, []any{noon}},
		// AIP-160: OR binds closer than AND.
		`open AND size = 1 OR size = 2`:   {`(open = $1 and (size = $2 or size = $3))`, []any{true, int64(1), int64(2)}},
		`(open AND size = 1) OR size = 2`: {`((open = $1 and size = $2) or size = $3)`, []any{true, int64(1), int64(2)}},
		`note = "it's ? $1 -- \"x\""`:     {`note = $1`, []any{`it's ? $1 -- "x"`}},
	} {
		sql, args := sqlOf(t, listRequest(t).set("filter", filter))
		require.Contains(t, sql, "where "+want.sql+"\n", filter)
		require.Equal(t, want.args, args[:len(args)-1], filter)
	}
}

func TestFilterRefusals(t *testing.T) {
	for filter, hint := range map[string]string{
		`colour = 1`:                  `there are: name, customer, role, size, open, make_time, due_time, note`,
		`rank = 1`:                    `"rank" is not a field`,
		`"size" = 1`:                  `is not a field`,
		`size.x = 1`:                  `"size.x" is not a field`,
		`1 = 1`:                       `is not a field`,
		`size = "3"`:                  `a whole number`,
		`size = 3.5`:                  `a whole number`,
		`size = customer`:             `a whole number`,
		`size = 99999999999999999999`: `filter`,
		`size`:                        `stands alone`,
		`size = 1 open`:               `join them with AND or OR`,
		`size = 1 and open`:           `join them with AND or OR`,
		`size : 1`:                    `":" is not supported`,
		`size = 1 AND`:                `filter`,
		`(size = 1`:                   `expected )`,
		`size = = 1`:                  `at character 8`,
		`customer = 5`:                `text in quotes`,
		`customer = "orders/a"`:       `begins with "customers/"`,
		`customer = "customers/*"`:    `wildcard`,
		`customer = "customers/a`:     `unterminated string`,
		`note = "a\u0000b"`:           `is not text`,
		`role = ROLE_CLOWN`:           `ROLE_AGENT`,
		`role = "ROLE_AGENT"`:         `without quotes`,
		`role = 3`:                    `one of`,
		`role > ROLE_AGENT`:           `= and != only`,
		`open > true`:                 `= and != only`,
		`open = yes`:                  `true or false`,
		`make_time < "yesterday"`:     `RFC 3339`,
		`make_time < 5`:               `RFC 3339`,
		`due_time = "2026-12-01T12:00:00.0000005Z"`: `finer`,
		`AND(open)`:         `"AND" is not supported`,
		`lower(note) = "x"`: `is not a field`,
		`note = lower("x")`: `text in quotes`,
		strings.Repeat("(", 101) + "open" + strings.Repeat(")", 101):   `parentheses`,
		strings.Repeat("NOT (", 40) + "open" + strings.Repeat(")", 40): `nested`,
		"open" + strings.Repeat(" AND open", 100):                      `comparisons`,
		"note = \"" + strings.Repeat("x", 4000) + "\"":                 `longer than 4000`,
	} {
		_, err := things.Parse(listRequest(t).set("filter", filter))
		requireInvalid(t, "filter", err)
		require.Contains(t, err.Error(), hint, filter)
	}
}

func TestLongChainIsNotNesting(t *testing.T) {
	sql, args := sqlOf(t, listRequest(t).set("filter", "open"+strings.Repeat(" AND open", 99)))
	require.Len(t, args, 101)
	require.Contains(t, sql, "limit $101")
}
