// Package search finds resources by what people know of them: words in any case, accent and inflection, with typing errors, and
// e-mail addresses, telephone numbers and other numbers in parts. Terms and ranking are its own, so that both databases answer alike.
//
// A service puts a document for each resource, in the transaction that changes it. The terms are personal data where the
// documents are: what is put anew or removed leaves none behind.
package search

import (
	"cmp"
	"maps"
	"slices"

	"kept.dev/kit/sqldb"
)

// Index is what one kind of resource is found by, such as "customer". The zero Index is not valid.
type Index struct{ Kind string }

// Document is a resource as people look for it.
type Document struct {
	// Name is the resource's name.
	Name string
	// Version orders what is put: an earlier one than is there changes nothing.
	Version int64
	// Fields are what it is found by.
	Fields []Field
}

// Field is a text that a resource is found by. What is in it is recognized: words, e-mail addresses, numbers.
type Field struct {
	Text string
	// Weight says how much a match counts, 1 to 10.
	Weight int64
}

const (
	putVersions = `insert into search_document (kind, document, version) values`
	// Of two that put a document at once, the later version stays.
	unlessLater = `
		on conflict (kind, document) do update set version = excluded.version where search_document.version < excluded.version
		returning document`
	insertTerms = `insert into search_term (kind, term, document, weight) values`
	insertGrams = `insert into search_gram (kind, gram, word) values`
)

// Put has documents found by what they say now, and by nothing that they said before. Of one that comes twice the later version
// counts.
func (x Index) Put(tx *sqldb.Tx, documents ...Document) error {
	byName := map[string]Document{}
	for _, d := range documents {
		if known, twice := byName[d.Name]; !twice || known.Version < d.Version {
			byName[d.Name] = d
		}
	}
	var versions [][]any
	for _, name := range slices.Sorted(maps.Keys(byName)) { // sorted as other replicas sort theirs, so that none waits in a circle
		versions = append(versions, []any{x.Kind, name, byName[name].Version})
	}
	rows, err := tx.BatchValues(putVersions, versions, unlessLater)
	if err != nil {
		return err
	}
	fresh, err := sqldb.All(rows, scanText)
	if err != nil || len(fresh) == 0 {
		return err
	}
	terms, words := x.termsOf(byName, fresh)
	gone, err := x.dropTerms(tx, fresh)
	if err != nil {
		return err
	}
	tx.ExecValues(insertTerms, terms, "")
	x.dropGrams(tx, slices.DeleteFunc(gone, func(w string) bool { return slices.Contains(words, w) }))
	tx.ExecValues(insertGrams, x.gramRows(words), "on conflict (kind, gram, word) do nothing")
	return nil
}

// termsOf are the rows of the documents' terms, and the words among them.
func (x Index) termsOf(byName map[string]Document, names []string) (rows [][]any, words []string) {
	for _, name := range names {
		terms := terms(byName[name].Fields)
		for _, term := range slices.Sorted(maps.Keys(terms)) {
			rows = append(rows, []any{x.Kind, term, name, terms[term]})
			if isWord(term) {
				words = append(words, term)
			}
		}
	}
	slices.Sort(words)
	return rows, slices.Compact(words)
}

// Remove has documents found by nothing any more.
func (x Index) Remove(tx *sqldb.Tx, names ...string) error {
	gone, err := x.dropTerms(tx, names)
	if err != nil {
		return err
	}
	list, args := sqldb.List(2, names)
	tx.Exec(`delete from search_document where kind = $1 and document in `+list, append([]any{x.Kind}, args...)...)
	x.dropGrams(tx, gone)
	return nil
}

// dropTerms deletes the documents' terms, and returns the words among them.
func (x Index) dropTerms(tx *sqldb.Tx, names []string) ([]string, error) {
	list, args := sqldb.List(2, names)
	rows, err := tx.Query(`delete from search_term where kind = $1 and document in `+list+` returning term`, append([]any{x.Kind}, args...)...)
	if err != nil {
		return nil, err
	}
	gone, err := sqldb.All(rows, scanText)
	gone = slices.DeleteFunc(gone, func(term string) bool { return !isWord(term) })
	slices.Sort(gone)
	return slices.Compact(gone), err
}

// dropGrams deletes what typing errors in words are recognized by, as far as no document has them. Where another transaction puts one
// at the same moment, the word is found without errors only, until it is put again.
func (x Index) dropGrams(tx *sqldb.Tx, words []string) {
	if len(words) == 0 {
		return
	}
	list, args := sqldb.List(2, words)
	tx.Exec(`
		delete from search_gram where kind = $1 and word in `+list+`
		and not exists (select 1 from search_term t where t.kind = search_gram.kind and t.term = search_gram.word)`,
		append([]any{x.Kind}, args...)...)
}

func (x Index) gramRows(words []string) (rows [][]any) {
	type pair struct{ gram, word string }
	var pairs []pair
	for _, word := range words {
		for _, gram := range grams(word) {
			pairs = append(pairs, pair{gram, word})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.gram, b.gram), cmp.Compare(a.word, b.word)) })
	for _, p := range pairs {
		rows = append(rows, []any{x.Kind, p.gram, p.word})
	}
	return rows
}

func scanText(r *sqldb.Rows) (text string, err error) { return text, r.Scan(&text) }
