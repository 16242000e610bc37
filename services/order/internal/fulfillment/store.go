package fulfillment

import "strings"

func orderID(name string) string { return strings.TrimPrefix(name, "orders/") }
