package template

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var noon = timestamppb.New(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC))

func seeded(t testing.TB, id string, fact proto.Message, language string) Rendered {
	t.Helper()
	d := definitionOf(t, id)
	return d.render(d.seed(), Told{Fact: fact, LanguageCode: language})
}

func TestALineWithoutItsFactIsLeftOut(t *testing.T) {
	full := &promisev1.RemedyRequired{
		About: "orders/0190", Kind: "promiseKinds/delivery", DueTime: noon,
		Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}, {Type: typepb.Remedy_CASE}},
		Fee:      &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000},
	}
	require.Equal(t, `We promised to deliver your order by 8 March 2026, 12:00 UTC, and we did not do it. That is our fault, and we apologise.

€9.90, which you paid for speed, comes back to you. You need not ask for it.
100 goodwill points are yours, as a small sign that we mean it.
A person is looking after this now.

This is about: 0190`, seeded(t, "promise-broken", full, "en").Body)

	bare := &promisev1.RemedyRequired{
		About: "cases/0191", Kind: "promiseKinds/reply", DueTime: noon, Fee: &money.Money{CurrencyCode: "EUR"},
	}
	require.Equal(t, `We promised to reply to you by 8 March 2026, 12:00 UTC, and we did not do it. That is our fault, and we apologise.

This is about: 0191`, seeded(t, "promise-broken", bare, "en").Body)
}

func shortage() *orderv1.ShortageReported {
	return &orderv1.ShortageReported{
		Shortage: "orders/0190/shortages/7", Order: "orders/0190", ProductDisplayName: "Coffee pot", Quantity: 2,
		Reason: "Broken in the warehouse", ExpectedDeliveryTime: noon, Substitute: "products/tea-pot", SubstituteDisplayName: "Tea pot",
		DefaultChoice: orderv1.Shortage_WAIT, AnswerDueTime: noon,
	}
}

func TestOptionsAreInTheTextsLanguage(t *testing.T) {
	d := definitionOf(t, "shortage-reported")
	told := Told{Fact: shortage(), LanguageCode: "uk-UA", Choices: []string{"SUBSTITUTE", "CANCEL"}}
	r := d.render(d.seed(), told)
	require.Equal(t, "uk", r.LanguageCode)
	require.Equal(t, []Option{
		{Choice: "SUBSTITUTE", Label: "Узяти замість нього Tea pot",
			Confirmation: "Дякуємо. Ми надішлемо вам Tea pot; якщо заміна дешевша, різниця повернеться до вас."},
		{Choice: "CANCEL", Label: "Відмовитися й повернути гроші",
			Confirmation: "Цю позицію скасовано. Її вартість повернеться до вас; більше нічого робити не потрібно."},
	}, r.Options)
	require.Contains(t, r.Body, "Broken in the warehouse")
}

// A choice that is not there has no line: nobody is offered what cannot be had.
func TestWhatIsNotOfferedIsNotMentioned(t *testing.T) {
	s := shortage()
	s.ExpectedDeliveryTime, s.SubstituteDisplayName = nil, ""
	body := seeded(t, "shortage-reported", s, "en").Body
	require.NotContains(t, body, "Wait")
	require.NotContains(t, body, "instead")
	require.Contains(t, body, "• Call it off.")
}

// What people wrote stays words: it names no field, and a title stays one line.
func TestForeignWordsAreWords(t *testing.T) {
	fact := &orderv1.OrderCancelled{Order: "orders/0190", Reason: "{order} }}{{\r\nBcc: all@example.org\x00\x1b[31m"}
	r := seeded(t, "order-cancelled", fact, "en")
	require.Contains(t, r.Body, "{order} }}{{\nBcc: all@example.org[31m")
	d := definitionOf(t, "order-cancelled")
	v := d.seed()
	v.texts = textsOf(v.texts)
	v.texts[0].Title = "Cancelled: {reason}"
	r = d.render(v, Told{Fact: fact})
	require.Equal(t, "Cancelled: {order} }}{{ Bcc: all@example.org[31m", r.Title)
}

// However much room somebody has left between words, a message leaves one blank line.
func TestBlankLinesInForeignWords(t *testing.T) {
	fact := &orderv1.OrderCancelled{Order: "orders/0190", Reason: "\n\n \nlate,\r\n\r\n\n\nand wet"}
	require.Contains(t, seeded(t, "order-cancelled", fact, "en").Body, "\n\nlate,\n\nand wet")
	require.NotContains(t, seeded(t, "order-cancelled", fact, "en").Body, "\n\n\n")
}

func TestABodyOfWhichNothingIsLeftSaysTheTitle(t *testing.T) {
	d := definitionOf(t, "order-cancelled")
	v := d.seed()
	v.texts = textsOf(v.texts)
	v.texts[0].Title, v.texts[0].Body = "Cancelled", "Because: {reason}"
	require.Equal(t, "Cancelled", d.render(v, Told{Fact: &orderv1.OrderCancelled{}}).Body)
}

func TestAnInterimAnswerSaysThatItIsOne(t *testing.T) {
	fact := &supportv1.InterimReplyGiven{
		Case: "cases/77", ReplyDueTime: noon,
		OrderSnapshot: &supportv1.OrderSnapshot{
			Order: "orders/0190", State: "SHIPPED", PromiseState: "AT_RISK", PromisedDeliveryTime: noon, ExpectedDeliveryTime: noon, NextStep: "DELIVER",
		},
	}
	require.Equal(t, `This is an automatic, interim answer. It does not close your request: a person will reply to you by 8 March 2026, 12:00 UTC.

Until then, this is what we know about order 0190:

• It is on its way to you.
• Our delivery promise: it stands, but little time is left.
• Delivery was promised by 8 March 2026, 12:00 UTC.
• Delivery by our latest estimate: 8 March 2026, 12:00 UTC.
• What happens next: the carrier brings it to you.

Your request: 77`, seeded(t, "case-interim", fact, "en").Body)
	require.Contains(t, seeded(t, "case-interim", fact, "ru").Body, "автоматический, промежуточный")
	require.Contains(t, seeded(t, "case-interim", fact, "uk").Body, "автоматична, проміжна")
}

// Every template has all three languages, which say the same: they use the same fields, and have words for each option.
func TestLanguagesSayTheSame(t *testing.T) {
	all, err := load(seeds)
	require.NoError(t, err)
	require.Len(t, all, 12)
	for _, d := range all {
		t.Run(d.id, func(t *testing.T) {
			require.Equal(t, []string{"en", "ru", "uk"}, d.languages())
			want := uses(t, d.texts[0].GetBody())
			require.NotEmpty(t, want)
			for _, text := range d.texts {
				require.Equal(t, want, uses(t, text.GetBody()), text.GetLanguageCode())
				require.LessOrEqual(t, len([]rune(text.GetTitle())), 80, "a subject that can be read")
				require.Len(t, d.options[text.GetLanguageCode()], len(d.options["en"]))
				for choice, o := range d.options[text.GetLanguageCode()] {
					require.Equal(t, uses(t, d.options["en"][choice].Label), uses(t, o.Label))
					require.Equal(t, uses(t, d.options["en"][choice].Confirmation), uses(t, o.Confirmation))
					require.NotEmpty(t, o.Confirmation)
				}
			}
		})
	}
}

// uses are the fields of a text, line by line in any order.
func uses(t testing.TB, text string) map[string]int {
	t.Helper()
	parts, err := parse(text)
	require.NoError(t, err)
	fields := map[string]int{}
	for _, p := range parts {
		if p.field != "" {
			fields[p.field]++
		}
	}
	return fields
}

// Whatever a fact holds, every template says something in one line and something more, and leaves no field unfilled.
func TestEveryFactCanBeTold(t *testing.T) {
	all, err := load(seeds)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(all).Draw(t, "template")
		kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(d.fact))
		require.NoError(t, err)
		fact := kind.New()
		fill(t, fact)
		r := d.render(d.seed(), Told{
			Fact: fact.Interface(), Extra: map[string]string{"entry.body": anyText(t)}, Choices: []string{"WAIT", "CANCEL"},
			LanguageCode: rapid.SampledFrom([]string{"", "uk", "ru-RU", "de"}).Draw(t, "language"),
		})
		require.NotEmpty(t, r.Title)
		require.NotEmpty(t, r.Body)
		require.NotContains(t, r.Title, "\n")
		require.NotContains(t, r.Body, "\n\n\n")
		require.NotContains(t, r.Title+r.Body, "{")
		require.Equal(t, strings.TrimSpace(r.Body), r.Body)
	})
}

func anyText(t *rapid.T) string { return rapid.StringMatching(`[A-Za-zЖ \n/]{0,20}`).Draw(t, "text") }

// fill sets any of a message's fields to anything.
func fill(t *rapid.T, m protoreflect.Message) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if fd.IsList() || rapid.Bool().Draw(t, "unset") {
			continue
		}
		switch fd.Kind() {
		case protoreflect.StringKind:
			m.Set(fd, protoreflect.ValueOfString(anyText(t)))
		case protoreflect.BoolKind:
			m.Set(fd, protoreflect.ValueOfBool(true))
		case protoreflect.EnumKind:
			m.Set(fd, protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(0, 9).Draw(t, "enum"))))
		case protoreflect.Int64Kind:
			m.Set(fd, protoreflect.ValueOfInt64(rapid.Int64Range(-1, 1000).Draw(t, "number")))
		case protoreflect.Int32Kind:
			m.Set(fd, protoreflect.ValueOfInt32(rapid.Int32Range(0, 999_999_999).Draw(t, "number")))
		case protoreflect.MessageKind:
			fill(t, m.Mutable(fd).Message())
		}
	}
}
