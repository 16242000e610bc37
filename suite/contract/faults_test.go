package contract_test

import (
	"math"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// fault is a request with one thing wrong in it.
type fault struct {
	at      spot
	what    string
	request proto.Message
}

// What no field takes unless it says so: a text of so many characters, a list of so many items.
const (
	farTooLong = 100_000
	farTooMany = 10_001
)

// faults spoils a valid request at each place in each way that a message can be wrong. What a caller writes into output
// only fields does not count, but even there a text has to be one.
func faults(request proto.Message) []fault {
	var all []fault
	for _, s := range spots(request.ProtoReflect().Descriptor()) {
		add := func(what string, spoiled proto.Message) { all = append(all, fault{s, what, spoiled}) }
		if s.required() {
			add("left out", s.spoiled(request, protoreflect.Message.Clear))
		}
		if s.field().IsList() && !s.ignored {
			add("too many", s.spoiled(request, tooMany))
		}
		switch s.field().Kind() {
		case protoreflect.StringKind:
			badTexts(s, request, add)
		case protoreflect.Int32Kind, protoreflect.Int64Kind:
			badNumbers(s, request, add)
		case protoreflect.EnumKind:
			if !s.ignored {
				add("enum 999", s.with(request, protoreflect.ValueOfEnum(999)))
				add("enum -1", s.with(request, protoreflect.ValueOfEnum(-1)))
			}
		case protoreflect.MessageKind:
			badMessages(s, request, add)
		}
	}
	return all
}

// A text that must not be left out says what it has to be: it has a pattern or a format, or is a constant, or has a shortest length, by which blanks are
// refused.
func TestTextsThatAreWantedCantBeBlank(t *testing.T) {
	read := 0
	for _, r := range rpcs(t) {
		for _, s := range spots(r.desc.Input()) {
			if s.forReading() {
				read++
			}
			if s.field().Kind() != protoreflect.StringKind || !s.required() || s.field().IsMap() {
				continue
			}
			rules := s.textRules()
			free := rules.Pattern == nil && rules.Const == nil && rules.GetWellKnown() == nil
			require.True(t, !free || rules.GetMinLen() > 0, "%s: %s", r, s)
		}
	}
	require.Greater(t, read, 20)
}

// tooMany fills a list beyond what is declared, or beyond anything sensible.
func tooMany(in protoreflect.Message, fd protoreflect.FieldDescriptor) {
	most := farTooMany
	if declared := rulesFor(fd).GetRepeated().GetMaxItems(); declared > 0 {
		most = int(declared) + 1
	}
	list := in.Mutable(fd).List()
	if list.Len() == 0 {
		list.Append(list.NewElement())
	}
	for list.Len() < most {
		list.Append(list.Get(0))
	}
}

func badTexts(s spot, request proto.Message, add func(string, proto.Message)) {
	set := func(what, text string) { add(what, s.with(request, protoreflect.ValueOfString(text))) }
	set("NUL", s.text(request)+"\x00")
	set("not UTF-8", s.text(request)+"\xff\xfe")
	if s.ignored {
		return
	}
	rules := s.textRules()
	for what, blank := range blanks {
		if s.forReading() {
			set(what, blank)
		}
	}
	set("100 kB", strings.Repeat("a", farTooLong))
	if rules.GetMaxLen() > 0 {
		set("one too long", strings.Repeat("a", int(rules.GetMaxLen())+1))
	}
	if rules.GetUuid() {
		set("no UUID", "request-1")
	}
	of, _ := proto.GetExtension(s.field().Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
	if of == nil {
		return
	}
	names := malformed(s.text(request))
	if of.GetType() != "*" && !s.uncounted() {
		names = append(names, nothings(s.text(request))...)
	}
	for _, name := range names {
		if name != s.text(request) {
			set("name "+name, name)
		}
	}
}

// blanks are texts of which nobody can see anything.
var blanks = map[string]string{
	"a space": " ", "an ideographic space": "\u3000", "a zero-width space": "\u200b",
	"blanks of all sorts": "\t\v\u0085\u00a0\u00ad\u115f\u2028\u2060\u2800\u3164",
}

// textRules is what the contract says of a text, or of each of a list.
func (s spot) textRules() *validate.StringRules {
	rules := rulesFor(s.field())
	if s.field().IsList() {
		return rules.GetRepeated().GetItems().GetString()
	}
	return rules.GetString()
}

// forReading tells whether a text has to be there for somebody to read: no pattern, format or reference says what it has to be.
func (s spot) forReading() bool {
	r := s.textRules()
	return s.field().Kind() == protoreflect.StringKind && !s.ignored && r.GetMinLen() > 0 && r.Pattern == nil && r.GetWellKnown() == nil
}

// uncounted tells fields that count from services only, and are not looked at here: AnswerShortageRequest.answered_by.
func (s spot) uncounted() bool {
	return s.field().FullName() == "kept.order.v1.AnswerShortageRequest.answered_by"
}

// malformed are names that no resource can have.
func malformed(name string) []string {
	collection := collectionOf(name)
	return []string{
		collection, collection + "/", collection + "//", "/" + name, name + "/", name + "/x", collection + "/../x",
		collection + "/a b", collection + "/%2e", collection + "/é", "//kept.dev/" + name, strings.ToUpper(name),
	}
}

// nothings are names that no resource has: one of another collection, and one that is only unknown.
func nothings(name string) []string {
	if !strings.Contains(name, "/") { // there is one only
		return []string{"gadgets/1"}
	}
	return []string{"gadgets/1", collectionOf(name) + "/no-such-thing-1"}
}

// collectionOf is a name without its last part.
func collectionOf(name string) string {
	if i := strings.LastIndex(name, "/"); i > 0 {
		return name[:i]
	}
	return name
}

func badNumbers(s spot, request proto.Message, add func(string, proto.Message)) {
	set := func(what string, n int64) {
		value := protoreflect.ValueOfInt64(n)
		if s.field().Kind() == protoreflect.Int32Kind {
			value = protoreflect.ValueOfInt32(int32(n))
		}
		add(what, s.with(request, value))
	}
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	bounded := false
	if r := rulesFor(s.field()).GetInt32(); r != nil {
		bounded = true
		least, most = int64(r.GetGte()), int64(r.GetLte())
	}
	if r := rulesFor(s.field()).GetInt64(); r != nil {
		bounded = true
		least, most = r.GetGte(), r.GetLte()
	}
	if bounded && !s.ignored {
		set("one too few", least-1)
		set("one too many", most+1)
		set("least", math.MinInt32)
		set("most", math.MaxInt32)
	}
}

func badMessages(s spot, request proto.Message, add func(string, proto.Message)) {
	if s.ignored {
		return
	}
	set := func(what string, m proto.Message) {
		add(what, s.with(request, protoreflect.ValueOfMessage(m.ProtoReflect())))
	}
	switch {
	case s.is("google.protobuf.Timestamp"):
		for _, seconds := range []int64{253402300800, -62135596801, math.MaxInt64, math.MinInt64} {
			set("time out of range", &timestamppb.Timestamp{Seconds: seconds})
		}
		set("time with nanos below zero", &timestamppb.Timestamp{Seconds: 1, Nanos: -1})
		set("time with a second of nanos", &timestamppb.Timestamp{Seconds: 1, Nanos: 1e9})
	case s.is("google.protobuf.Duration"):
		for _, seconds := range []int64{315576000001, -315576000001, math.MaxInt64, math.MinInt64, -1} {
			set("duration out of range", &durationpb.Duration{Seconds: seconds})
		}
		set("duration with two signs", &durationpb.Duration{Seconds: 60, Nanos: -1})
		set("duration with a second of nanos", &durationpb.Duration{Seconds: 60, Nanos: 1e9})
	case s.is("google.type.Money"):
		for what, m := range badMoney() {
			set("money "+what, m)
		}
	}
}

func badMoney() map[string]*money.Money {
	return map[string]*money.Money{
		"below zero":            {CurrencyCode: "EUR", Units: -1},
		"with nanos below zero": {CurrencyCode: "EUR", Nanos: -10_000_000},
		"with two signs":        {CurrencyCode: "EUR", Units: 1, Nanos: -10_000_000},
		"of half a cent":        {CurrencyCode: "EUR", Units: 1, Nanos: 5_000_000},
		"of half a yen":         {CurrencyCode: "JPY", Units: 1, Nanos: 500_000_000},
		"with a unit of nanos":  {CurrencyCode: "EUR", Units: 1, Nanos: 1_000_000_000},
		"beyond all bounds":     {CurrencyCode: "EUR", Units: math.MaxInt64, Nanos: 990_000_000},
		"in no currency":        {Units: 1},
		"in lower case":         {CurrencyCode: "eur", Units: 1},
		"in a word":             {CurrencyCode: "EURO", Units: 1},
		"in a symbol":           {CurrencyCode: "€", Units: 1},
	}
}
