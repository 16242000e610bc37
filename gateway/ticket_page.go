package gateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kept.dev/kit/errs"
)

const (
	ticketsPath = "/streamTickets"
	// ticketParameter is where a stream's address carries its ticket.
	ticketParameter = "ticket"
	// maxPath is the longest path that a ticket is given for.
	maxPath = 1000
)

// ticketRoute is read like the methods of the contract.
var ticketRoute = &route{method: http.MethodPost, body: "*"}

// issueTicket answers with a ticket for a stream, in exchange for a bearer token that is good. Whether its bearer may open the
// stream, the service decides then.
func (x *exchange) issueTicket() error {
	x.route = ticketRoute
	if len(x.r.Header["Authorization"]) == 0 {
		return x.countRefusal(errs.Unauthenticated("TOKEN_MISSING", "a ticket is given for a bearer token, in the header Authorization"))
	}
	if err := x.check(); err != nil {
		return err
	}
	if len(x.authorization[0]) > maxBearer {
		return invalid("the token is longer than %d bytes: too long for an address", maxBearer)
	}
	path, err := x.ticketPath()
	if err != nil {
		return err
	}
	expires := time.Now().Add(ticketLife).Truncate(time.Millisecond)
	if !x.tokenUntil.IsZero() && x.tokenUntil.Before(expires) {
		expires = x.tokenUntil
	}
	sealed, err := x.g.tickets.seal(ticket{Path: path, Bearer: x.authorization[0], Expires: expires})
	if err != nil {
		return err
	}
	x.Header()["Content-Type"] = inJSON
	x.output, err = json.Marshal(struct {
		Ticket     string    `json:"ticket"`
		ExpireTime time.Time `json:"expireTime"`
	}{sealed, expires.UTC()})
	return err
}

// ticketPath is the path in the body, which has to be a stream's.
func (x *exchange) ticketPath() (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(x.input, &members); err != nil {
		return "", invalid(`the body must be JSON like {"path": "/v1/orders/1:track"}`)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != "path" {
			return "", invalidField(name, "there is no such field")
		}
	}
	var path string
	if err := json.Unmarshal(members["path"], &path); err != nil {
		return "", invalidField("path", "must be a text")
	}
	u, err := url.ParseRequestURI(path)
	if err != nil || u.EscapedPath() != path || len(path) > maxPath {
		return "", invalidField("path", "must be a path only, such as /v1/orders/1:track")
	}
	if r, _, _, err := x.g.routes.match(http.MethodGet, u); err != nil || r == nil || !r.streams {
		return "", invalidField("path", "is not the path of a stream")
	}
	return path, nil
}

// takeTicket lets a stream's ticket stand in for the header Authorization.
func (x *exchange) takeTicket(query url.Values) error {
	given, has := query[ticketParameter]
	if !has || !x.route.streams {
		return nil
	}
	delete(query, ticketParameter)
	if len(given) > 1 || len(x.authorization) > 0 {
		return invalidField(ticketParameter, "must be given once, and without the header Authorization")
	}
	bearer, err := x.g.tickets.use(given[0], x.r.URL.EscapedPath(), time.Now())
	if err != nil {
		return x.countRefusal(err)
	}
	x.authorization = []string{bearer}
	return nil
}
