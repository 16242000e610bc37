package loyalty_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/errs"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

func (h *fixture) program(id string) *loyaltyv1.Program {
	p, err := h.programs.GetProgram(h.t.Context(), &loyaltyv1.GetProgramRequest{Name: "programs/" + id})
	require.NoError(h.t, err)
	return p
}

func (h *fixture) update(p *loyaltyv1.Program, paths ...string) (*loyaltyv1.Program, error) {
	return h.programs.UpdateProgram(h.t.Context(), &loyaltyv1.UpdateProgramRequest{
		Program: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
}

func TestTheMainProgramIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		want := &loyaltyv1.Program{Name: "programs/main", DisplayName: "Points", PointsPerUnit: 1, Etag: "1"}
		require.True(t, proto.Equal(want, h.program("main")), "%v", h.program("main"))
	})
}

func TestCreateProgram(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		req := &loyaltyv1.CreateProgramRequest{
			ProgramId: "miles", Program: &loyaltyv1.Program{Name: "programs/main", DisplayName: "Miles", PointsPerUnit: 3, CurrencyCode: "EUR", Etag: "9"},
		}
		created, err := h.programs.CreateProgram(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, "programs/miles", created.GetName())
		require.True(t, proto.Equal(created, h.program("miles")), "%v", created)

		_, err = h.programs.CreateProgram(t.Context(), req)
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))
		req.ProgramId, req.Program.CurrencyCode = "other", "QQQ"
		_, err = h.programs.CreateProgram(t.Context(), req)
		require.ErrorContains(t, err, "program.currency_code")
		_, err = h.programs.GetProgram(t.Context(), &loyaltyv1.GetProgramRequest{Name: "programs/other"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

func TestListPrograms(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for _, id := range []string{"z", "a", "k"} {
			h.createProgram(id, 0, "")
		}
		var names []string
		for req := (&loyaltyv1.ListProgramsRequest{PageSize: 3}); ; {
			page, err := h.programs.ListPrograms(t.Context(), req)
			require.NoError(t, err)
			for _, p := range page.GetPrograms() {
				names = append(names, p.GetName())
			}
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		require.Equal(t, []string{"programs/a", "programs/k", "programs/main", "programs/z"}, names)
	})
}

func TestUpdateProgram(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("p", 3, "EUR")
		for i, test := range []struct {
			change *loyaltyv1.Program
			paths  []string
			want   string
		}{
			{&loyaltyv1.Program{DisplayName: "New"}, nil, "New 3 EUR 2"},
			{&loyaltyv1.Program{DisplayName: "ignored", PointsPerUnit: 5}, []string{"points_per_unit"}, "New 5 EUR 3"},
			{&loyaltyv1.Program{DisplayName: "ignored"}, []string{"currency_code", "points_per_unit"}, "New 0  4"},
			{&loyaltyv1.Program{DisplayName: "All", CurrencyCode: "USD", Etag: "4"}, []string{"*"}, "All 0 USD 5"},
		} {
			test.change.Name = "programs/p"
			got, err := h.update(test.change, test.paths...)
			require.NoError(t, err)
			require.Equal(t, test.want, fmt.Sprint(got.GetDisplayName(), " ", got.GetPointsPerUnit(), " ", got.GetCurrencyCode(), " ", got.GetEtag()), i)
			require.True(t, proto.Equal(got, h.program("p")))
		}
	})
}

func TestUpdateProgramRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for name, test := range map[string]struct {
			change *loyaltyv1.Program
			path   string
			kind   codes.Code
			text   string
		}{
			"an unknown programme":      {&loyaltyv1.Program{Name: "programs/none", DisplayName: "Points"}, "display_name", codes.NotFound, "programs/none"},
			"a name without collection": {&loyaltyv1.Program{Name: "main", DisplayName: "Points"}, "display_name", codes.InvalidArgument, "program.name"},
			"nothing that is required":  {&loyaltyv1.Program{Name: "programs/main"}, "display_name", codes.InvalidArgument, "program.display_name"},
			"no name":                   {&loyaltyv1.Program{DisplayName: "Points"}, "display_name", codes.InvalidArgument, "program.name"},
			"an output":                 {&loyaltyv1.Program{Name: "programs/main"}, "create_time", codes.InvalidArgument, "update_mask"},
			"an unknown currency":       {&loyaltyv1.Program{Name: "programs/main", CurrencyCode: "QQQ"}, "currency_code", codes.InvalidArgument, "program.currency_code"},
			"an old etag":               {&loyaltyv1.Program{Name: "programs/main", Etag: "0"}, "points_per_unit", codes.Aborted, "changed meanwhile"},
			"a garbled etag":            {&loyaltyv1.Program{Name: "programs/main", Etag: "1 or 1=1"}, "points_per_unit", codes.Aborted, "changed meanwhile"},
		} {
			before := h.program("main")
			_, err := h.update(test.change, test.path)
			require.Equal(t, test.kind, errs.KindOf(err), name)
			require.ErrorContains(t, err, test.text, name)
			require.True(t, proto.Equal(before, h.program("main")), name)
		}
	})
}

// TestUpdateProgramAtOnce: of those who have seen the same programme one wins, and whoever brings no etag loses nothing of what the
// others changed.
func TestUpdateProgramAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		var won, lost atomic.Int64
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				_, err := h.update(&loyaltyv1.Program{Name: "programs/main", DisplayName: fmt.Sprint(i), Etag: "1"}, "display_name")
				switch errs.ReasonOf(err) {
				case "":
					won.Add(1)
				case "ETAG_MISMATCH":
					lost.Add(1)
				}
			})
			group.Go(func() {
				_, err := h.update(&loyaltyv1.Program{Name: "programs/main", CurrencyCode: "EUR"}, "currency_code")
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		require.LessOrEqual(t, won.Load(), int64(1))
		require.EqualValues(t, 16, won.Load()+lost.Load())
		p := h.program("main")
		require.Equal(t, "EUR", p.GetCurrencyCode())
		require.Equal(t, fmt.Sprint(1+16+won.Load()), p.GetEtag())
		require.Equal(t, won.Load() == 0, p.GetDisplayName() == "Points")
	})
}
