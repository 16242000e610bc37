package search

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"kept.dev/kit/sqldb"
)

const (
	// leastTypo is how long a word has to be, in runes, for one typing error in it to be recognized, and longTypo for two.
	leastTypo = 4
	longTypo  = 8
	// mostAlike is how many words are compared letter by letter, and mostMeant how many of them may be meant.
	mostAlike = 50
	mostMeant = 8
)

// grams are the groups of three letters that a word consists of, with its beginning and end.
func grams(word string) []string {
	runes := []rune("^" + word + "$")
	var all []string
	for i := 0; i+3 <= len(runes); i++ {
		all = append(all, string(runes[i:i+3]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// alike reads the words that have most groups of letters in common with this one.
func (x Index) alike(word string) *sqldb.Stmt {
	list, args := sqldb.List(3, grams(word))
	return sqldb.Q(`
		select word from search_gram where kind = $1 and gram in `+list+`
		group by word order by count(*) desc, word limit $2`, append([]any{x.Kind, mostAlike}, args...)...)
}

// meant are those of the words that are this one but for typing errors, the nearest first.
func meant(word string, among []string) []string {
	errors := 1
	if utf8.RuneCountInString(word) >= longTypo {
		errors = 2
	}
	apart := map[string]int{}
	for _, w := range among {
		if n := distance(word, w); n <= errors {
			apart[w] = n
		}
	}
	var near []string
	for _, w := range among {
		if _, ok := apart[w]; ok {
			near = append(near, w)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(apart[a], apart[b]) })
	return near[:min(len(near), mostMeant)]
}

// distance is how many letters have to be put in, left out, replaced or exchanged with their neighbour to make one word the other
// (optimal string alignment; Damerau, "A technique for computer detection and correction of spelling errors", 1964).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			replaced := last[j-1]
			if x[i-1] != y[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
