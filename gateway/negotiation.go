package gateway

import (
	"strconv"
	"strings"
)

// accepts tells whether a header like Accept or Accept-Encoding names the value, and not with a quality of zero.
func accepts(line, value string) bool {
	for item := range strings.SplitSeq(line, ",") {
		name, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), value) {
			continue
		}
		return quality(params) > 0
	}
	return false
}

// quality is the weight in an item's parameters (RFC 9110, 12.4.2): 1 unless there is another.
func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}
