package observability

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/suite/embedded"
)

// values are those that a label may have: listed, or described, where there are many, beside a pattern.
type values struct {
	listed []string
	says   string
	like   *regexp.Regexp
}

func (v values) allow(value string) bool {
	return slices.Contains(v.listed, value) || v.like != nil && v.like.MatchString(value)
}

func (v values) String() string {
	if v.says != "" {
		return v.says
	}
	return "`" + strings.Join(v.listed, "`, `") + "`"
}

func listed(names ...string) values { return values{listed: names} }

func described(says, pattern string) values {
	return values{says: says, like: regexp.MustCompile("^(?:" + pattern + ")$")}
}

// enum are an enum's values, less the one that stands for none.
func enum(d protoreflect.EnumDescriptor, more ...string) values {
	var v values
	for i := 1; i < d.Values().Len(); i++ {
		v.listed = append(v.listed, string(d.Values().Get(i).Name()))
	}
	v.listed = append(v.listed, more...)
	return v
}

// possible are the values that each metric's labels may have, by "metric label" or, for all metrics alike, by "label". None is a
// customer's, and none of them grows with the number of customers.
func possible() map[string]values {
	kinds := described("the id of a kind of promise, such as `delivery`", `[a-z0-9-]+`)
	facts := enum(customerv1.Promise_OPEN.Descriptor(), "MADE", "UNANSWERED")
	grpc := values{}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		grpc.listed = append(grpc.listed, code.String())
	}
	return map[string]values{
		"service":                  listed(slices.Sorted(maps.Keys(embedded.Services()))...),
		"version":                  described("the release, or the revision it was built from", `\S+`),
		"go_version":               described("Go's", `go\d.*`),
		"kept_open_promises kind":  kinds,
		"kept_open_promises state": listed("OPEN", "AT_RISK", "DUE"),
		"kept_promises_total kind": kinds,
		"kept_promises_total state": {
			listed: facts.listed, says: "`MADE`, `KEPT`, `BROKEN`, `RELEASED`, `UNANSWERED`",
		},
		"kept_keys_readable keys":                  listed("tokens", "links"),
		"kept_deliveries_total channel":            listed("EMAIL", "INBOX"),
		"kept_deliveries_total state":              listed("SENT", "FAILED", "UNKNOWN", "SKIPPED"),
		"kept_rpc_duration_seconds method":         described("the RPC's full name", `/[\w.]+/\w+`),
		"kept_rpc_in_flight method":                described("the RPC's full name", `/[\w.]+/\w+`),
		"kept_rpc_duration_seconds code":           {listed: grpc.listed, says: "gRPC's codes, such as `OK`, `NotFound`"},
		"kept_http_request_duration_seconds route": described("the route's template, such as `/v1/{name=orders/*}`; `unmatched`", `/\S*|unmatched`),
		"kept_http_open_streams route":             described("the route's template", `/\S*`),
		"kept_http_request_duration_seconds method": listed(
			"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"),
		"kept_http_request_duration_seconds code": described("HTTP's status", `[1-5]\d\d`),
	}
}

// valuesOf are the values that a metric's label may have.
func valuesOf(metric, label string) (values, bool) {
	all := possible()
	if v, ok := all[metric+" "+label]; ok {
		return v, true
	}
	v, ok := all[label]
	return v, ok
}

const head = `# Metrics

Every process serves these to Prometheus at ` + "`/metrics`" + ` of its admin address (` + "`--admin-listen`" + `), beside those of Go (` + "`go_*`" + `) and of
the process (` + "`process_*`" + `), and to nobody else. No label holds a customer's data or has more values than the contract has
names. What is counted in a database or in the bus is the same in every replica of a service: take the ` + "`max`" + `, not the ` + "`sum`" + `.

This page is written by the test that checks it: ` + "`go test ./suite/observability -run TestDistributed/metrics -update`" + `.

| metric | type | unit | labels | exported by | what it says |
| --- | --- | --- | --- | --- | --- |
`

// page is the table of what has been seen.
func (c catalogue) page() string {
	var b strings.Builder
	b.WriteString(head)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		e := c[name]
		var labels []string
		for _, l := range slices.Sorted(maps.Keys(e.labels)) {
			v, _ := valuesOf(name, l)
			labels = append(labels, fmt.Sprintf("`%s`: %s", l, v))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", name, e.kind, unit(name), strings.Join(labels, "<br>"), whose(e.by),
			strings.TrimSuffix(e.help, "."))
	}
	return b.String()
}

func unit(name string) string {
	switch {
	case strings.HasSuffix(name, "_timestamp_seconds"):
		return "seconds since 1970"
	case strings.HasSuffix(name, "_seconds"):
		return "seconds"
	}
	return "number"
}

// whose says which processes export a metric.
func whose(by map[string]bool) string {
	services := slices.Sorted(maps.Keys(embedded.Services()))
	if slices.ContainsFunc(services, func(s string) bool { return !by[s] }) {
		services = nil
	}
	var out []string
	if services != nil {
		out = append(out, "each service")
	}
	for _, process := range slices.Sorted(maps.Keys(by)) {
		if !slices.Contains(services, process) {
			out = append(out, "`"+process+"`")
		}
	}
	return strings.Join(out, ", ")
}
