package notification

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func (b *fixture) template(id string, version int32) *notificationv1.Template {
	b.t.Helper()
	t, err := b.templates().GetTemplate(b.t.Context(), &notificationv1.GetTemplateRequest{Name: "templates/" + id, Version: version})
	require.NoError(b.t, err)
	return t
}

func changed(etag string, texts ...*notificationv1.Template_Text) *notificationv1.UpdateTemplateRequest {
	return &notificationv1.UpdateTemplateRequest{Template: &notificationv1.Template{
		Name: "templates/order-delayed", Etag: etag, Texts: texts,
	}}
}

func text(language, title, body string) *notificationv1.Template_Text {
	return &notificationv1.Template_Text{LanguageCode: language, Title: title, Body: body}
}

// A change is a new version: messages that were told stay as they were, and the versions before can still be read.
func TestAChangedTemplateIsANewVersion(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "de-AT", "")
		seed := b.template("order-delayed", 0)
		require.Equal(t, "1 1 kept.order.v1.OrderDelayed", strings.Join([]string{"1", seed.GetEtag(), seed.GetEventType()}, " "))
		require.Equal(t, []string{"order", "customer", "promised_delivery_time", "expected_delivery_time"}, seed.GetFields())
		require.Len(t, seed.GetTexts(), 3)
		old := "messages/" + b.told(&orderv1.OrderDelayed{Order: "orders/1", Customer: olena}).ID

		texts := []*notificationv1.Template_Text{text("en", "Late", "Order {order} is late."), text("de", "Verspätet", "{{Bestellung}} {order} kommt\r\nspäter.")}
		second, err := b.templates().UpdateTemplate(t.Context(), changed("1", texts...))
		require.NoError(t, err)
		require.EqualValues(t, 2, second.GetVersion())
		require.Equal(t, "2", second.GetEtag())
		require.NotNil(t, second.GetUpdateTime())
		require.True(t, proto.Equal(second, b.template("order-delayed", 0)))
		require.True(t, proto.Equal(second, b.template("order-delayed", 2)))
		require.True(t, proto.Equal(seed, b.template("order-delayed", 1)))

		told := "messages/" + b.told(&orderv1.OrderDelayed{Order: "orders/2", Customer: olena}).ID
		for name, want := range map[string]string{
			old: "en Your order will be later than we promised", told: "de Verspätet",
		} {
			m, err := b.messages().GetMessage(b.customer(olena), &notificationv1.GetMessageRequest{Name: name})
			require.NoError(t, err)
			require.Equal(t, want, m.GetLanguageCode()+" "+m.GetTitle())
			if name == told {
				require.EqualValues(t, 2, m.GetTemplateVersion())
				require.Equal(t, "{Bestellung} 2 kommt\nspäter.", m.GetBody())
			}
		}
	})
}

func TestAnUpdateIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		good := text("en", "Late", "Late.")
		with := func(change func(*notificationv1.UpdateTemplateRequest)) *notificationv1.UpdateTemplateRequest {
			r := changed("", good)
			change(r)
			return r
		}
		for name, c := range map[string]struct {
			request *notificationv1.UpdateTemplateRequest
			code    codes.Code
			words   string
		}{
			"another's field": {changed("", text("en", "Late", "{reason}!")), codes.InvalidArgument, "template.texts[0].body"},
			"no English":      {changed("", text("uk", "Пізно", "Пізно.")), codes.InvalidArgument, "template.texts"},
			"an old etag":     {changed("7", good), codes.Aborted, "changed meanwhile"},
			"an unknown one":  {with(func(r *notificationv1.UpdateTemplateRequest) { r.Template.Name = "templates/none" }), codes.NotFound, "templates/none"},
			"no name":         {with(func(r *notificationv1.UpdateTemplateRequest) { r.Template.Name = "" }), codes.NotFound, ""},
			"output only": {with(func(r *notificationv1.UpdateTemplateRequest) {
				r.UpdateMask = &fieldmaskpb.FieldMask{Paths: []string{"event_type"}}
			}), codes.InvalidArgument, "texts"},
			"a single language": {with(func(r *notificationv1.UpdateTemplateRequest) {
				r.UpdateMask = &fieldmaskpb.FieldMask{Paths: []string{"texts.en"}}
			}), codes.InvalidArgument, "texts"},
		} {
			_, err := b.templates().UpdateTemplate(t.Context(), c.request)
			require.Equal(t, c.code, status.Code(err), "%s: %v", name, err)
			require.Contains(t, err.Error(), c.words, name)
		}
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from template_version`))
		for _, paths := range [][]string{nil, {"texts"}, {"*"}} {
			_, err := b.templates().UpdateTemplate(t.Context(), with(func(r *notificationv1.UpdateTemplateRequest) {
				r.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
			}))
			require.NoError(t, err)
		}
		for _, name := range []string{"templates/none", "templates/x"} {
			_, err := b.templates().GetTemplate(t.Context(), &notificationv1.GetTemplateRequest{Name: name})
			require.Equal(t, codes.NotFound, status.Code(err))
		}
		_, err := b.templates().GetTemplate(t.Context(), &notificationv1.GetTemplateRequest{Name: "templates/order-delayed", Version: 5})
		require.Equal(t, codes.NotFound, status.Code(err))
	})
}

// Editors at the same moment: none overwrites what they have not seen.
func TestEditorsAtTheSameMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		var crowd sync.WaitGroup
		faults, won := make([]error, 20), 0
		for i := range faults {
			crowd.Go(func() {
				_, faults[i] = b.templates().UpdateTemplate(t.Context(), changed("1", text("en", "Late", "Late.")))
			})
		}
		crowd.Wait()
		for _, err := range faults {
			if err == nil {
				won++
			} else {
				require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err), "%v", err)
			}
		}
		require.Equal(t, 1, won)
		require.EqualValues(t, 2, b.template("order-delayed", 0).GetVersion())
	})
}

func TestTemplatesAreListedInPages(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		_, err := b.templates().UpdateTemplate(t.Context(), changed("", text("en", "Late", "Late.")))
		require.NoError(t, err)
		request, names := &notificationv1.ListTemplatesRequest{PageSize: 5}, []string{}
		for {
			page, err := b.templates().ListTemplates(t.Context(), request)
			require.NoError(t, err)
			for _, listed := range page.GetTemplates() {
				names = append(names, listed.GetName())
				require.True(t, proto.Equal(b.template(strings.TrimPrefix(listed.GetName(), "templates/"), 0), listed))
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
		require.Len(t, names, 12)
		require.IsIncreasing(t, names)
	})
}
