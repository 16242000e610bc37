package gateway

import "strings"

// Routes are the methods and paths of the API, such as "POST /v1/orders/{}:cancel".
func (g *Handler) Routes() map[string]bool {
	all := map[string]bool{"POST " + ticketsPath: true, "PUT " + strings.ReplaceAll(contentPath, "{import}", "{}"): true}
	for _, routes := range g.routes.byCollection {
		for _, r := range routes {
			all[r.method+" "+strings.ReplaceAll(r.example(), sample, "{}")] = true
		}
	}
	return all
}
