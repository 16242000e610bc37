// Command support runs the support service on its own, as one replica of the distributed shape.
package main

import (
	"kept.dev/kit/app"
	"kept.dev/services/support"
)

func main() { app.Main("support", support.New) }
