package template

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

func definitionOf(t testing.TB, id string) *definition {
	t.Helper()
	all, err := load(seeds)
	require.NoError(t, err)
	for _, d := range all {
		if d.id == id {
			return d
		}
	}
	require.Fail(t, "no such template", id)
	return nil
}

func text(language, title, body string) *notificationv1.Template_Text {
	return &notificationv1.Template_Text{LanguageCode: language, Title: title, Body: body}
}

func TestFaults(t *testing.T) {
	d := definitionOf(t, "order-delayed")
	english := text("en", "Later", "By {expected_delivery_time}.")
	for name, c := range map[string]struct {
		texts []*notificationv1.Template_Text
		want  []string // where, and a part of what
	}{
		"right":              {[]*notificationv1.Template_Text{english, text("pl", "Później: {order}", "{{ {expectedDeliveryTime} }}")}, nil},
		"no English":         {[]*notificationv1.Template_Text{text("uk", "Пізніше", "Так")}, []string{"template.texts", `"en"`}},
		"only British":       {[]*notificationv1.Template_Text{text("en-GB", "Later", "Yes")}, []string{"template.texts", `"en"`}},
		"a language twice":   {[]*notificationv1.Template_Text{english, text("EN", "Later", "Yes")}, []string{"template.texts[1].language_code", "twice"}},
		"another fact's":     {[]*notificationv1.Template_Text{text("en", "Later", "Because: {reason}")}, []string{"template.texts[0].body", `"reason" is not a field of kept.order.v1.OrderDelayed`}},
		"in the title":       {[]*notificationv1.Template_Text{text("en", "{nobody} is late", "Yes")}, []string{"template.texts[0].title", "nobody"}},
		"an open brace":      {[]*notificationv1.Template_Text{text("en", "Later", "{order")}, []string{"template.texts[0].body", "{{"}},
		"a broken title":     {[]*notificationv1.Template_Text{text("en", "Later\nBcc: x", "Yes")}, []string{"template.texts[0].title", "one line"}},
		"a bell":             {[]*notificationv1.Template_Text{text("en", "Later", "Ding\a")}, []string{"template.texts[0].body", "control"}},
		"a title of fields":  {[]*notificationv1.Template_Text{text("en", " {order} ", "Yes")}, []string{"template.texts[0].title", "words of its own"}},
		"a body of fields":   {[]*notificationv1.Template_Text{text("en", "Later", "{order}\n{order}")}, []string{"template.texts[0].body", "words of its own"}},
		"a field many times": {[]*notificationv1.Template_Text{text("en", "Later", strings.Repeat("x{order}", 4))}, []string{"template.texts[0].body", "more than 3"}},
		"the same in two ways": {[]*notificationv1.Template_Text{text("en", "Later", strings.Repeat("x{expected_delivery_time}{expectedDeliveryTime}", 2))},
			[]string{"template.texts[0].body", "more than 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			faults := d.faults(c.texts)
			if c.want == nil {
				require.Empty(t, faults)
				return
			}
			require.Len(t, faults, 1)
			require.Equal(t, c.want[0], faults[0].Path)
			require.Contains(t, faults[0].Description, c.want[1])
		})
	}
}

func TestFieldsAreThoseThatCanBeSaid(t *testing.T) {
	require.Equal(t, []string{"order", "customer", "promised_delivery_time", "expected_delivery_time"}, definitionOf(t, "order-delayed").names())
	require.Contains(t, definitionOf(t, "case-interim").names(), "order_snapshot.refunded_amount")
	require.Contains(t, definitionOf(t, "case-replied").names(), "entry.body")
	require.NotContains(t, definitionOf(t, "shortage-reported").names(), "choices", "a list has no words")
}

func TestReadRefusesABadSeed(t *testing.T) {
	for name, source := range map[string]string{
		"an unknown fact":   "fact: kept.order.v1.Nothing\n\n=== en\nTitle\n\nBody\n",
		"an unknown head":   "fact: kept.order.v1.OrderDelayed\nfakt: x\n\n=== en\nTitle\n\nBody\n",
		"no English":        "fact: kept.order.v1.OrderDelayed\n\n=== uk\nTitle\n\nBody\n",
		"an unknown field":  "fact: kept.order.v1.OrderDelayed\n\n=== en\nTitle\n\nBody {reason}\n",
		"an unknown option": "fact: kept.order.v1.OrderDelayed\n\n=== en\nTitle\n\nBody\n@WAIT lable: x\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("x", source)
			require.Error(t, err)
		})
	}
}
