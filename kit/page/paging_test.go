package page_test

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/localserver"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// thing is a row, with few values so that there are ties.
type thing struct {
	id, customer string
	role, size   int64
	open         bool
	made         int64
	due          *int64
	rank         int64
	note         string
}

func (x thing) value(column string) any {
	return map[string]any{
		"id": x.id, "customer": x.customer, "role": x.role, "size": x.size, "open": x.open,
		"make_time": x.made, "rank": x.rank, "note": x.note,
	}[column]
}

func scanThing(r *sqldb.Rows) (thing, error) {
	var x thing
	err := r.Scan(&x.id, &x.customer, &x.role, &x.size, &x.open, &x.made, &x.due, &x.rank, &x.note)
	return x, err
}

func drawThings(t *rapid.T) []thing {
	few := rapid.Int64Range(0, 2)
	word := rapid.SampledFrom([]string{"", "a", "B", "b", "ä", "a b", "ß"})
	rows := make([]thing, rapid.IntRange(0, 25).Draw(t, "rows"))
	for i := range rows {
		rows[i] = thing{
			id: fmt.Sprintf("%02d", (i*37)%100), customer: word.Draw(t, "customer"), note: word.Draw(t, "note"),
			role: few.Draw(t, "role"), size: few.Draw(t, "size"), rank: few.Draw(t, "rank") - 1,
			open: rapid.Bool().Draw(t, "open"), made: few.Draw(t, "made"),
		}
		if due := few.Draw(t, "due"); due > 0 {
			rows[i].due = &due
		}
	}
	return rows
}

// condition is a filter as text and as a plain function: the brute force that the SQL is compared with.
type condition struct {
	text  string
	match func(thing) bool
}

func drawCondition(t *rapid.T, depth int) condition {
	if depth == 0 {
		return drawComparison(t)
	}
	a, b := drawCondition(t, depth-1), drawCondition(t, depth-1)
	switch rapid.IntRange(0, 3).Draw(t, "shape") {
	case 0:
		return condition{"(" + a.text + " AND " + b.text + ")", func(x thing) bool { return a.match(x) && b.match(x) }}
	case 1:
		return condition{"(" + a.text + " OR " + b.text + ")", func(x thing) bool { return a.match(x) || b.match(x) }}
	case 2:
		return condition{"NOT (" + a.text + ")", func(x thing) bool { return !a.match(x) }}
	default:
		return a
	}
}

func drawComparison(t *rapid.T) condition {
	op := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "operator")
	n := rapid.Int64Range(0, 2).Draw(t, "n")
	moment := fmt.Sprintf(`"1970-01-01T00:00:00.00000%dZ"`, n)
	switch rapid.IntRange(0, 5).Draw(t, "field") {
	case 0:
		return condition{fmt.Sprintf("size %s %d", op, n), func(x thing) bool { return holds(op, cmp.Compare(x.size, n)) }}
	case 1:
		return condition{"make_time" + op + moment, func(x thing) bool { return holds(op, cmp.Compare(x.made, n)) }}
	case 2:
		return condition{"due_time " + op + moment, func(x thing) bool {
			if x.due == nil {
				return op == "!="
			}
			return holds(op, cmp.Compare(*x.due, n))
		}}
	case 3:
		word := rapid.SampledFrom([]string{"a", "B", "ä"}).Draw(t, "word")
		return condition{fmt.Sprintf("note %s %q", op, word), func(x thing) bool { return holds(op, strings.Compare(x.note, word)) }}
	case 4:
		return condition{"role != ROLE_UNSPECIFIED", func(x thing) bool { return x.role != 0 }}
	default:
		return condition{"open", func(x thing) bool { return x.open }}
	}
}

func holds(op string, order int) bool {
	return map[string]bool{
		"=": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
	}[op]
}

// sorter is an order_by as text and as a plain comparison.
type sorter struct {
	text    string
	compare func(a, b thing) int
}

func drawSorter(t *rapid.T) sorter {
	fields := map[string]func(a, b thing) int{
		"customer":  func(a, b thing) int { return strings.Compare(a.customer, b.customer) },
		"role":      func(a, b thing) int { return cmp.Compare(a.role, b.role) },
		"size":      func(a, b thing) int { return cmp.Compare(a.size, b.size) },
		"open":      func(a, b thing) int { return cmp.Compare(number(a.open), number(b.open)) },
		"make_time": func(a, b thing) int { return cmp.Compare(a.made, b.made) },
		"rank":      func(a, b thing) int { return cmp.Compare(a.rank, b.rank) },
		"name":      func(a, b thing) int { return strings.Compare(a.id, b.id) },
	}
	names := rapid.Permutation([]string{"customer", "make_time", "name", "open", "rank", "role", "size"}).Draw(t, "fields")
	names = names[:rapid.IntRange(1, 3).Draw(t, "keys")]
	var texts []string
	var compares []func(a, b thing) int
	sign := 1
	for _, name := range names {
		sign = rapid.SampledFrom([]int{1, -1}).Draw(t, "direction")
		texts = append(texts, name+map[int]string{1: "", -1: " desc"}[sign])
		compares = append(compares, signed(fields[name], sign))
	}
	compares = append(compares, signed(fields["name"], sign))
	return sorter{strings.Join(texts, ", "), func(a, b thing) int {
		for _, compare := range compares {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return 0
	}}
}

func signed(compare func(a, b thing) int, sign int) func(a, b thing) int {
	return func(a, b thing) int { return sign * compare(a, b) }
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestPagesOnSQLite(t *testing.T) {
	testPages(t, "sqlite:"+filepath.Join(t.TempDir(), "things.db"))
}

func TestPagesOnPostgres(t *testing.T) {
	pg, err := localserver.StartPostgres(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer pg.Stop(false)
	url, err := pg.Create(t.Context(), "things")
	require.NoError(t, err)
	testPages(t, url)
}

// testPages lists random rows with random filters, orders and page sizes, and wants what a plain loop and a
// plain sort give: each row once, in order, in pages that are full but for the last.
func testPages(t *testing.T, url string) {
	ctx := t.Context()
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Background().Update(ctx, "schema", func(tx *sqldb.Tx) error {
		tx.Exec(createThings)
		return nil
	}))
	rapid.Check(t, func(t *rapid.T) {
		rows := drawThings(t)
		require.NoError(t, db.Update(ctx, "fill", func(tx *sqldb.Tx) error { return fill(tx, rows) }))
		by := drawSorter(t)
		only := condition{"", func(thing) bool { return true }}
		if rapid.Bool().Draw(t, "filtered") {
			only = drawCondition(t, 2)
		}
		scope := rapid.SampledFrom([]string{"a", "B", "ä"}).Draw(t, "scope")

		var want []thing
		for _, x := range rows {
			if only.match(x) && x.customer != scope {
				want = append(want, x)
			}
		}
		slices.SortFunc(want, by.compare)
		size := rapid.IntRange(1, 8).Draw(t, "size")
		req := listRequest(t).set("order_by", by.text).set("filter", only.text).set("page_size", int32(size))
		require.Equal(t, want, readAll(ctx, t, db, req, page.Where("customer != ?", scope)))
	})
}

func fill(tx *sqldb.Tx, rows []thing) error {
	tx.Exec("delete from thing")
	for _, x := range rows {
		tx.Exec("insert into thing values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			x.id, x.customer, x.role, x.size, x.open, x.made, x.due, x.rank, x.note)
	}
	return nil
}

func readAll(ctx context.Context, t require.TestingT, db *sqldb.DB, req request, scope page.Cond) []thing {
	var all []thing
	for {
		require.Less(t, len(all), 100, "the pages don't end")
		q, err := things.Parse(req)
		require.NoError(t, err)
		text, args := q.SQL(selectThings, scope)
		found, err := db.Query(ctx, text, args...)
		require.NoError(t, err, text)
		rows, err := sqldb.All(found, scanThing)
		require.NoError(t, err)
		rows, next, err := page.Cut(q, rows, thing.value)
		require.NoError(t, err)
		all = append(all, rows...)
		if next == "" {
			require.LessOrEqual(t, len(rows), q.Size())
			return all
		}
		require.Len(t, rows, q.Size())
		req = req.set("page_token", next)
	}
}
