// Command loyalty runs the loyalty service on its own, as one replica of the distributed shape.
package main

import (
	"kept.dev/kit/app"
	"kept.dev/services/loyalty"
)

func main() { app.Main("loyalty", loyalty.New) }
