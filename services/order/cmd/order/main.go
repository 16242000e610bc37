// Command order runs the order service on its own, as one replica of the distributed shape.
package main

import (
	"kept.dev/kit/app"
	"kept.dev/services/order"
)

func main() { app.Main("order", order.New) }
