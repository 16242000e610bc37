package resource_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// model is what programmes should be: a plain map by name.
type model struct {
	*rapid.T
	db       *sqldb.DB
	programs map[string]*loyaltyv1.Program
}

// TestResourceIsAPlainMap compares whatever is done to a resource with the same done to a map.
func TestResourceIsAPlainMap(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			kittest.Exec(t, db, `delete from program`)
			m := &model{T: rt, db: db, programs: map[string]*loyaltyv1.Program{}}
			rt.Repeat(map[string]func(*rapid.T){
				"create": m.create, "get": m.get, "update": m.update, "change": m.change, "delete": m.delete, "": m.list,
			})
		})
	})
}

func (m *model) name(t *rapid.T) string {
	return "programs/" + rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name")
}

// etag is the current one, none, or another.
func (m *model) etag(t *rapid.T, name string) string {
	return rapid.SampledFrom([]string{m.programs[name].GetEtag(), "", "0", "x' or '1"}).Draw(t, "etag")
}

// expected is what a change of that name with that etag should come to.
func (m *model) expected(name, etag string) string {
	switch p := m.programs[name]; {
	case p == nil:
		return "NOT_FOUND"
	case etag != "" && etag != p.GetEtag():
		return "ETAG_MISMATCH"
	default:
		return ""
	}
}

func (m *model) create(t *rapid.T) {
	p := &loyaltyv1.Program{
		Name: m.name(t), Etag: "1", DisplayName: rapid.SampledFrom([]string{"x", "ä", "'"}).Draw(t, "display name"),
		PointsPerUnit: rapid.Int64Range(0, 2).Draw(t, "points"), CurrencyCode: rapid.SampledFrom([]string{"", "EUR"}).Draw(t, "currency"),
		CreateTime: &timestamppb.Timestamp{Seconds: rapid.Int64Range(0, 2).Draw(t, "created")},
	}
	err := m.db.Update(staff(t), "create", func(tx *sqldb.Tx) error {
		_, err := programRows.Insert(tx, p)
		return err
	})
	if m.programs[p.GetName()] != nil {
		require.Equal(t, "ALREADY_EXISTS", errs.ReasonOf(err))
		return
	}
	require.NoError(t, err)
	m.programs[p.GetName()] = p
}

func (m *model) get(t *rapid.T) {
	name := m.name(t)
	got, err := programs.Get(staff(t), m.db, named(name))
	m.compare(t, m.expected(name, ""), m.programs[name], got, err)
}

func (m *model) update(t *rapid.T) {
	wanted := &loyaltyv1.Program{Name: m.name(t), DisplayName: "new", PointsPerUnit: rapid.Int64Range(0, 2).Draw(t, "new points")}
	wanted.Etag = m.etag(t, wanted.GetName())
	paths := rapid.SampledFrom([][]string{
		nil, {"*"}, {"display_name"}, {"points_per_unit", "name"}, {"currency_code", "points_per_unit"}, {"name"},
	}).Draw(t, "mask")
	var also []resource.Also[*loyaltyv1.Program]
	if rapid.Bool().Draw(t, "in two steps") {
		also = append(also, func(_ *sqldb.Tx, before, after *loyaltyv1.Program) error {
			require.Equal(t, m.programs[wanted.GetName()].GetDisplayName(), before.GetDisplayName())
			return nil
		})
	}
	reason := m.expected(wanted.GetName(), wanted.GetEtag())
	got, err := programs.Update(staff(t), m.db, updateOf(wanted, paths...), also...)
	if reason == "" {
		m.apply(wanted, paths, len(also) > 0)
	}
	m.compare(t, reason, m.programs[wanted.GetName()], got, err)
}

// apply is what an update does to the model.
func (m *model) apply(wanted *loyaltyv1.Program, paths []string, always bool) {
	p := proto.CloneOf(m.programs[wanted.GetName()])
	all := slices.Contains(paths, "*")
	if all || len(paths) == 0 || slices.Contains(paths, "display_name") {
		p.DisplayName = wanted.GetDisplayName()
	}
	if all || slices.Contains(paths, "points_per_unit") || len(paths) == 0 && wanted.GetPointsPerUnit() != 0 {
		p.PointsPerUnit = wanted.GetPointsPerUnit()
	}
	if all || slices.Contains(paths, "currency_code") {
		p.CurrencyCode = wanted.GetCurrencyCode()
	}
	if always || !slices.Equal(paths, []string{"name"}) {
		p.Etag = resource.Etag(resource.Version(p.GetEtag()) + 1)
	}
	m.programs[p.GetName()] = p
}

func (m *model) change(t *rapid.T) {
	name := m.name(t)
	refused := errs.Refused("TOO_MANY", "too many")
	got, err := programs.Change(staff(t), m.db, named(name), func(_ *sqldb.Tx, before, after *loyaltyv1.Program) error {
		if after.PointsPerUnit = before.GetPointsPerUnit() + 1; after.GetPointsPerUnit() > 2 {
			return refused
		}
		return nil
	})
	reason := m.expected(name, "")
	if reason == "" && m.programs[name].GetPointsPerUnit() == 2 {
		reason = "TOO_MANY"
	}
	if reason == "" {
		p := proto.CloneOf(m.programs[name])
		p.PointsPerUnit, p.Etag = p.PointsPerUnit+1, resource.Etag(resource.Version(p.GetEtag())+1)
		m.programs[name] = p
	}
	m.compare(t, reason, m.programs[name], got, err)
}

func (m *model) delete(t *rapid.T) {
	name := m.name(t)
	reason := m.expected(name, "")
	_, err := programs.Delete(staff(t), m.db, named(name))
	require.Equal(t, reason, errs.ReasonOf(err))
	delete(m.programs, name)
}

// list walks over all pages of a List with a filter and an order.
func (m *model) list(t *rapid.T) {
	req := &loyaltyv1.ListProgramsRequest{PageSize: rapid.Int32Range(1, 5).Draw(t, "page size")}
	var names []string
	for pages := 0; pages == 0 || req.GetPageToken() != ""; pages++ {
		require.LessOrEqual(t, pages, len(m.programs), "a page more than there are rows")
		got, err := programs.List(staff(t), m.db, req)
		require.NoError(t, err)
		require.LessOrEqual(t, len(got.GetPrograms()), int(req.GetPageSize()))
		for _, p := range got.GetPrograms() {
			require.True(t, proto.Equal(m.programs[p.GetName()], p), p)
			names = append(names, p.GetName())
		}
		req.PageToken = got.GetNextPageToken()
	}
	latestFirst := slices.SortedFunc(maps.Keys(m.programs), func(a, b string) int {
		return -cmp.Or(cmp.Compare(m.programs[a].GetCreateTime().GetSeconds(), m.programs[b].GetCreateTime().GetSeconds()), cmp.Compare(a, b))
	})
	require.Equal(t, fmt.Sprint(latestFirst), fmt.Sprint(names))
}

func (m *model) compare(t *rapid.T, reason string, want, got *loyaltyv1.Program, err error) {
	require.Equal(t, reason, errs.ReasonOf(err), "%v", err)
	if reason == "" {
		require.NoError(t, err)
		require.True(t, proto.Equal(want, got), "want %v, got %v", want, got)
	}
}

func staff(t *rapid.T) context.Context {
	return access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"})
}
