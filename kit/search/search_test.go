package search

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var people = Index{"customer"}

func person(id, name, email, phone string) Document {
	return Document{Name: "customers/" + id, Version: 1, Fields: []Field{{name, 2}, {email, 3}, {phone, 3}}}
}

func put(t testing.TB, db *sqldb.DB, x Index, documents ...Document) {
	t.Helper()
	require.NoError(t, db.Update(t.Context(), "put", func(tx *sqldb.Tx) error { return x.Put(tx, documents...) }))
}

// search is a request as contracts declare them.
func search(query string) *customerv1.SearchCustomersRequest {
	return &customerv1.SearchCustomersRequest{Query: query}
}

func find(t testing.TB, db *sqldb.DB, query string) string {
	t.Helper()
	names, next, err := people.Find(t.Context(), db, search(query))
	require.NoError(t, err)
	require.Empty(t, next)
	return strings.ReplaceAll(strings.Join(names, " "), "customers/", "")
}

func TestPeopleAreFoundByWhatIsKnownOfThem(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, people,
			person("olena", "Олена Коваль", "olena.koval@example.org", "+380 44 123-45-67"),
			person("jose", "José Łukasz O'Brien", "Jose@Example.com", "+34600111222"),
			person("andrey", "Андрей Чайковский", "", "+7 495 123 45 67"),
			person("anna", "Anna Smith", "anna@example.net", ""),
			person("hannah", "Hannah Smithson", "", ""),
			person("yoghurt", "Crêpe Straße", "", ""))
		put(t, db, Index{"order"}, Document{Name: "orders/1", Version: 1, Fields: []Field{{"Anna Smith", 1}}})
		for query, want := range map[string]string{
			"олена": "olena", "ОЛЕНА коваль": "olena", "коваль олена": "olena", "Кова": "olena",
			"jose": "jose", "JOSÉ": "jose", "Lukasz": "jose", "obrien": "jose", "O’Brien": "jose", "strasse": "yoghurt",
			"olena.koval@example.org": "olena", "OLENA.KOVAL@": "olena", "<Jose@example.COM>": "jose",
			"+380441234567": "olena", "044 123-45-67": "olena", "380 44": "olena", "4567": "olena andrey", "0441234567": "olena",
			"Чайковского": "andrey", "чайковск": "andrey", "Чайковскому Андрею": "andrey", "чайковскии": "andrey",
			"smith": "anna hannah", "Smith Anna": "anna", "smithson": "hannah",
			"Anan Smith": "anna", "Smtih": "anna", "Smithsen": "hannah", "hanah": "hannah", "коваьл": "olena",
			"Anna Nobody": "", "zzzz": "", "": "", "!?": "", "@": "", "0000": "", "9": "", "smith' or 1=1": "",
			"%": "", "_": "", strings.Repeat("smith ", 500): "anna hannah", strings.Repeat("x", 10_000): "",
		} {
			require.Equal(t, want, find(t, db, query), "%q", query)
		}
	})
}

func TestNothingIsLeftOfWhatWasThereBefore(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, people, person("anna", "Anna Smith", "anna@example.net", "+380441234567"), person("ivan", "Ivan Smith", "", ""))
		married := Document{Name: "customers/anna", Version: 3, Fields: []Field{{"Anna Brown", 2}}}
		put(t, db, people, married)
		require.Equal(t, "anna", find(t, db, "brown"))
		require.Equal(t, "anna", find(t, db, "bronw"), "with a typing error")
		require.Equal(t, "ivan", find(t, db, "smith"))
		require.Equal(t, "ivan", find(t, db, "smiht"), "a word that others have, too, is still known")
		require.Empty(t, find(t, db, "anna@example.net"))
		put(t, db, people, person("anna", "Anna Smith", "", ""), Document{Name: "customers/anna", Version: 2})
		require.Empty(t, find(t, db, "anna smith"), "what comes late changes nothing")

		require.NoError(t, db.Update(t.Context(), "remove", func(tx *sqldb.Tx) error {
			return people.Remove(tx, "customers/anna", "customers/ivan", "customers/none")
		}))
		for _, table := range []string{"search_document", "search_term", "search_gram"} {
			require.Zero(t, kittest.Number(t, db, `select count(*) from `+table), table)
		}
	})
}

// TestTheBestComesFirst: the name itself before names that begin so, those before other forms, and an address before a name.
func TestTheBestComesFirst(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		put(t, db, people, person("a-form", "Runner", "", ""), person("b-begins", "Runnings", "", ""), person("c-same", "Running", "", ""),
			person("d-mail", "Somebody", "running@example.org", ""))
		require.Equal(t, "d-mail c-same b-begins a-form", find(t, db, "running"))
		req, pages := search("running"), []string{}
		for req.PageSize = 3; len(pages) == 0 || req.GetPageToken() != ""; {
			names, next, err := people.Find(t.Context(), db, req)
			require.NoError(t, err)
			pages, req.PageToken = append(pages, strings.Join(names, " ")), next
		}
		require.Equal(t, []string{"customers/d-mail customers/c-same customers/b-begins", "customers/a-form"}, pages)
		req.PageToken = "forged"
		_, _, err := people.Find(t.Context(), db, req)
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
	})
}

// TestARareWordIsFoundAmongCommonOnes: however many are called alike, the one with the address is found.
func TestARareWordIsFoundAmongCommonOnes(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		many := []Document{person("zoe", "Zoe Common", "", "")}
		for i := range mostFound + 100 {
			many = append(many, person(fmt.Sprintf("%05d", i), "Anna Common", "", ""))
		}
		put(t, db, people, many...)
		require.Equal(t, "zoe", find(t, db, "common zoe"))
		require.Equal(t, "zoe", find(t, db, "common zo"))
	})
}

func TestManyPutTheSameAtOnce(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				var batch []Document
				for n := range 20 {
					d := person(fmt.Sprint((n+i*3)%20), fmt.Sprintf("Anna Smith%d", i), "", "")
					d.Version = int64(i + 1)
					batch = append(batch, d)
				}
				put(t, db, people, batch...)
			})
		}
		group.Wait()
		require.EqualValues(t, 20, kittest.Number(t, db, `select count(*) from search_term where term = 'smith7'`))
		require.EqualValues(t, 40, kittest.Number(t, db, `select count(*) from search_term`))
	})
}

// TestAnyTextCanBePutAndLookedFor: no text is a fault, and what was put is found by itself, if there is a letter or a digit in it.
func TestAnyTextCanBePutAndLookedFor(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		version := int64(0)
		rapid.Check(t, func(r *rapid.T) {
			text := rapid.StringN(0, 30, 100).Draw(r, "text")
			text = strings.ReplaceAll(text, "\x00", "")
			version++
			put(t, db, people, Document{Name: "customers/any", Version: version, Fields: []Field{{text, 1}}})
			names, _, err := people.Find(t.Context(), db, search(text))
			require.NoError(r, err)
			if len(tokens(text)) > 0 {
				require.Equal(r, []string{"customers/any"}, names)
			}
		})
	})
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"anna", "anna", 0}, {"anna", "anan", 1}, {"anna", "ana", 1}, {"ana", "anna", 1}, {"anna", "enna", 1}, {"", "abc", 3}, {"abcd", "badc", 2}, {"kitten", "sitting", 3}} {
		require.Equal(t, c.want, distance(c.a, c.b), c.a+" "+c.b)
	}
}
