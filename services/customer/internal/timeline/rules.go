package timeline

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// entryOf is what the timeline keeps of an event. The first field of an event names the resource that it happened to.
func entryOf(e event.Event, fact fact) *customerv1.TimelineEntry {
	m := fact.ProtoReflect()
	resource := m.Get(m.Descriptor().Fields().ByNumber(1)).String()
	return &customerv1.TimelineEntry{
		Name: fact.GetCustomer() + collection + e.ID, EventTime: timestamppb.New(e.Time), Source: e.Source, EventType: e.Type,
		Resource: resource,
		About:    matterOf(cmp.Or(textOf(m, "about"), textOf(m, "order"), resource)),
		Channel:  channelOf(m), Actor: e.Actor.Actor(), Details: factsOf(m),
	}
}

// textOf is what the field holds, if there is such a field.
func textOf(m protoreflect.Message, name protoreflect.Name) string {
	fd := m.Descriptor().Fields().ByName(name)
	if fd == nil {
		return ""
	}
	return m.Get(fd).String()
}

// matterOf is the matter that a resource belongs to: of all that an order has, the order.
func matterOf(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if parts[0] == "orders" && len(parts) == 3 {
		return parts[0] + "/" + parts[1]
	}
	return name
}

// channelOf is the way by which customer and company met. Services have channels of their own, some of which are the same.
func channelOf(m protoreflect.Message) typepb.Channel {
	fd := m.Descriptor().Fields().ByName("channel")
	if fd == nil || fd.Kind() != protoreflect.EnumKind {
		return typepb.Channel_CHANNEL_UNSPECIFIED
	}
	return typepb.Channel(typepb.Channel_value[enumText(fd, m.Get(fd).Enum())])
}
