// Command customer runs the customer service on its own, as one replica of the distributed shape.
package main

import (
	"kept.dev/kit/app"
	"kept.dev/services/customer"
)

func main() { app.Main("customer", customer.New) }
