package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

const (
	// mostTokens bounds what is looked for; what is said beyond it is passed over.
	mostTokens = 8
	// mostFound bounds how many documents of the rarest token are compared; of those that only match it more loosely some may
	// be left out beyond that.
	mostFound = 5000
	// beyond ends a range of terms with the same beginning.
	beyond = "\U0010FFFF"
)

// How much a match counts, times the field's weight.
const (
	exactScore  = 8 // the term itself
	prefixScore = 4 // a term that begins so
	stemScore   = 2 // the same word in another form
	typoScore   = 1
)

// token is one thing that is looked for: terms in ranges, or certain ones.
type token struct {
	exact  string
	ranges []string // each the beginning of terms; what is longer counts more, so it stands first
	words  []string // instead of ranges: words that are meant
}

// tokens are what a query looks for.
func tokens(query string) (all []token) {
	if digits := number(query); digits != "" {
		t := token{exact: digits, ranges: []string{digits}}
		if known := strings.TrimLeft(digits, "0"); len(known) >= leastDigits {
			t.ranges = append(t.ranges, backward(known)) // without the zero that a country code takes the place of
		}
		return []token{t}
	}
	for _, text := range split(query) {
		if mail, ok := strings.CutPrefix(text, mailMark); ok {
			return []token{{exact: text, ranges: []string{mailMark + mail}}}
		}
		t := token{exact: text, ranges: []string{text}}
		if s := stem(text); s != text {
			t.ranges = append(t.ranges, s)
		}
		all = append(all, t)
	}
	return all[:min(len(all), mostTokens)]
}

// condition is what terms have to fulfil, with its arguments from the given number on.
func (t token) condition(from int) (sql string, args []any) {
	if t.words != nil {
		list, args := sqldb.List(from, t.words)
		return "term in " + list, args
	}
	widest := t.ranges
	if len(widest) == 2 && strings.HasPrefix(widest[0], widest[1]) {
		widest = widest[1:]
	}
	var parts []string
	for _, prefix := range widest {
		n := from + len(args)
		parts = append(parts, fmt.Sprintf("term >= $%d and term < $%d", n, n+1))
		args = append(args, prefix, prefix+beyond)
	}
	return "(" + strings.Join(parts, " or ") + ")", args
}

// score says how much a term counts that fulfils the condition.
func (t token) score(from int) (sql string, args []any) {
	if t.words != nil {
		return fmt.Sprint(typoScore), nil
	}
	return fmt.Sprintf("case when term = $%d then %d when term >= $%d and term < $%d then %d else %d end",
		from, exactScore, from, from+1, prefixScore, stemScore), []any{t.exact, t.ranges[0] + beyond}
}

// Request is a Search request.
type Request interface {
	page.Request
	GetQuery() string
}

// listing pages through what is found, the best first.
var listing = page.Listing{
	ID: "document", DefaultOrder: "score desc", Fields: []page.Field{{Name: "score", Kind: page.Int, OrderOnly: true}},
}

// Find returns the names of the documents that have all that the query says, best first, and the token of the next page. A query in
// which there is neither letter nor digit finds nothing.
//
// Errors: INVALID_ARGUMENT for page_size or page_token.
func (x Index) Find(ctx context.Context, db *sqldb.DB, req Request) (names []string, next string, err error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, "", err
	}
	wanted, err := x.understand(ctx, db, req.GetQuery())
	if err != nil || len(wanted) == 0 {
		return nil, "", err
	}
	text, args := x.statement(wanted)
	text, args = query.SQLWith(text, args)
	rows, err := db.Query(ctx, text, args...)
	if err != nil {
		return nil, "", err
	}
	hits, err := sqldb.All(rows, func(r *sqldb.Rows) (h hit, err error) { return h, r.Scan(&h.name, &h.score) })
	if err != nil {
		return nil, "", err
	}
	hits, next, err = page.Cut(query, hits, hit.column)
	for _, h := range hits {
		names = append(names, h.name)
	}
	return names, next, err
}

type hit struct {
	name  string
	score int64
}

func (h hit) column(name string) any {
	if name == "score" {
		return h.score
	}
	return h.name
}

// understand is what the query looks for, the rarest first; nothing where there is no document with one of it.
func (x Index) understand(ctx context.Context, db *sqldb.DB, query string) ([]token, error) {
	wanted := tokens(query)
	if len(wanted) == 0 {
		return nil, nil
	}
	counts, err := x.count(ctx, db, wanted)
	if err != nil {
		return nil, err
	}
	if err := x.correct(ctx, db, wanted, counts); err != nil {
		return nil, err
	}
	rarest := slices.Index(counts, slices.Min(counts))
	if counts[rarest] == 0 {
		return nil, nil
	}
	wanted[0], wanted[rarest] = wanted[rarest], wanted[0]
	return wanted, nil
}

// count tells how many terms of documents each token has, up to a bound.
func (x Index) count(ctx context.Context, db *sqldb.DB, wanted []token) ([]int64, error) {
	stmts := make([]*sqldb.Stmt, len(wanted))
	for i, t := range wanted {
		condition, args := t.condition(3)
		stmts[i] = sqldb.Q(`select count(*) from (select 1 from search_term where kind = $1 and `+condition+` limit $2) as counted`,
			append([]any{x.Kind, mostFound}, args...)...)
	}
	results, err := db.Batch(ctx, stmts...)
	if err != nil {
		return nil, err
	}
	counts := make([]int64, len(wanted))
	for i, rows := range results {
		if counts[i], err = sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) }); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// correct takes words of which there are none for typing errors, if there are words that can be meant.
func (x Index) correct(ctx context.Context, db *sqldb.DB, wanted []token, counts []int64) error {
	var wrong []int
	var stmts []*sqldb.Stmt
	for i, t := range wanted {
		if counts[i] == 0 && isWord(t.exact) && utf8.RuneCountInString(t.exact) >= leastTypo {
			wrong, stmts = append(wrong, i), append(stmts, x.alike(t.exact))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	results, err := db.Batch(ctx, stmts...)
	if err != nil {
		return err
	}
	for n, i := range wrong {
		among, err := sqldb.All(results[n], scanText)
		if err != nil {
			return err
		}
		if words := meant(wanted[i].exact, among); len(words) > 0 {
			wanted[i].words, counts[i] = words, 1
		}
	}
	return nil
}

// statement finds the documents that have all tokens, of which the first is the rarest.
func (x Index) statement(wanted []token) (text string, args []any) {
	args = []any{x.Kind, mostFound}
	add := func(sql string, more []any) string {
		args = append(args, more...)
		return sql
	}
	score := add(wanted[0].score(len(args) + 1))
	condition := add(wanted[0].condition(len(args) + 1))
	sums, joins := "first.score", ""
	for i, t := range wanted[1:] {
		score := add(t.score(len(args) + 1))
		condition := add(t.condition(len(args) + 1))
		joins += fmt.Sprintf(`
			join (select document, max(weight * (%s)) as score from search_term
				where kind = $1 and %s and document in (select document from first) group by document) as t%d
			on t%d.document = first.document`, score, condition, i, i)
		sums += fmt.Sprintf(" + t%d.score", i)
	}
	return fmt.Sprintf(`
		select document, score from (with first as (
			select document, max(score) as score from (
				select document, weight * (%s) as score from search_term where kind = $1 and %s
				order by score desc limit $2
			) as best group by document
		)
		select first.document, %s as score from first %s) as found`, score, condition, sums, joins), args
}
