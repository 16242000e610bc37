package template

import (
	"google.golang.org/protobuf/proto"

	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// derived is what follows from a fact and has no field of its own, by the names that the template calls extra: a string, a whole
// number, or a bool.
func derived(fact proto.Message) map[string]any {
	remedy, ok := fact.(*promisev1.RemedyRequired)
	if !ok {
		return nil
	}
	all := map[string]any{}
	for _, r := range remedy.GetRemedies() {
		switch r.GetType() {
		case typepb.Remedy_GOODWILL_POINTS:
			all["goodwill_points"] = r.GetPoints()
		case typepb.Remedy_CASE:
			all["open_case"] = true
		}
	}
	if _, known := english.codes[promiseKind][remedy.GetKind()]; !known {
		all["other_kind"] = remedy.GetKindDisplayName()
	}
	return all
}

// promiseKind is the field with the kind of a promise; those that services make have words in the languages that we speak.
const promiseKind = "kept.promise.v1.RemedyRequired.kind"
