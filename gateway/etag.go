package gateway

import (
	"net/http"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// tag shows a resource's etag in the header that HTTP has for it, and answers a reader who has that version already.
func (x *exchange) tag(etag string) {
	if etag == "" || !printable(etag) || strings.Contains(etag, `"`) {
		return
	}
	x.Header()["Etag"] = []string{`"` + etag + `"`}
	if x.route.method == http.MethodGet && slices.Contains(tags(x.r.Header["If-None-Match"]), etag) {
		x.status, x.output = http.StatusNotModified, x.output[:0]
	}
}

// precondition makes an update depend on the version that If-Match names, by the etag of the resource in the request.
func (x *exchange) precondition(request protoreflect.Message) error {
	given := tags(x.r.Header["If-Match"])
	if len(given) == 0 || slices.Equal(given, []string{"*"}) {
		return nil
	}
	resource := request.Mutable(x.route.content).Message()
	etag := resource.Get(x.route.etag).String()
	if len(given) > 1 || !printable(given[0]) || etag != "" && etag != given[0] {
		return invalidField("If-Match", "must be one ETag, and the same as an etag in the body")
	}
	resource.Set(x.route.etag, protoreflect.ValueOfString(given[0]))
	return nil
}

// checkIfMatch refuses a precondition where it would not be kept.
func (x *exchange) checkIfMatch() error {
	if len(x.r.Header["If-Match"]) > 0 && x.route.method != http.MethodGet && x.route.etag == nil {
		return invalidField("If-Match", "does not go with this method")
	}
	return nil
}

// tags are the etags that a header lists. Whether they are weak makes no difference: ours stand for versions, and only
// proxies that compress make them weak.
func tags(header []string) []string {
	var all []string
	for _, line := range header {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(item, `"`), `"`))
		}
	}
	return all
}
