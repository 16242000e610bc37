// Command notification runs the notification service on its own, as one replica of the distributed shape.
package main

import (
	"kept.dev/kit/app"
	"kept.dev/services/notification"
)

func main() { app.Main("notification", notification.New) }
