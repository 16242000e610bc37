package message

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const (
	// streamBatch is how many messages are read at a time.
	streamBatch = 100
)

var selectAfter = `select ` + messageRows.ColumnList() + `, number from message
	where customer = $1 and number > $2 order by number limit $3`

// StreamMessages sends the messages that come into an inbox, from now on or after the given one, until the caller goes. The
// numbers of a customer's messages grow in the order in which they can be seen, so none is passed over.
//
// Errors: NOT_FOUND where the message to begin after is none of the customer's.
func (s *Service) StreamMessages(
	req *notificationv1.StreamMessagesRequest, stream grpc.ServerStreamingServer[notificationv1.Message],
) error {
	ctx := stream.Context()
	news := s.live.Listen(topic(req.GetParent())) // before the first look, so that nothing falls between
	defer news.Close()
	seen, err := s.begins(ctx, req)
	if err != nil {
		return err
	}
	if err := stream.SendHeader(nil); err != nil { // from here on nothing is missed
		return err
	}
	for {
		found, err := s.after(ctx, req.GetParent(), seen)
		if err != nil {
			return err
		}
		for _, m := range found {
			if err := stream.Send(m.Message); err != nil {
				return err
			}
			seen = m.number
		}
		if len(found) == streamBatch {
			continue
		}
		if err := news.Wait(ctx); err != nil {
			return err
		}
	}
}

// begins is the number of the last message that the caller has seen.
func (s *Service) begins(ctx context.Context, req *notificationv1.StreamMessagesRequest) (int64, error) {
	query := sqldb.Q(`select messages from addressee where customer = $1`, req.GetParent())
	if req.GetLastSeen() != "" {
		query = sqldb.Q(`select number from message where customer = $1 and id = $2`, req.GetParent(), resource.ID(req.GetLastSeen()))
	}
	answers, err := s.db.Batch(ctx, query)
	if err != nil {
		return 0, err
	}
	number, err := sqldb.One(answers[0], func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	if errors.Is(err, sqldb.ErrNoRow) {
		if req.GetLastSeen() != "" {
			return 0, errs.NotFound(req.GetLastSeen())
		}
		return 0, nil
	}
	return number, err
}

// numbered is a message and its place in its customer's inbox.
type numbered struct {
	*notificationv1.Message
	number int64
}

func scanNumbered(r *sqldb.Rows) (n numbered, err error) {
	seen, err := r.ScanLast(&n.number)
	if err != nil {
		return n, err
	}
	n.Message, err = messageRows.Scan(seen)
	return n, err
}

func (s *Service) after(ctx context.Context, customer string, number int64) ([]numbered, error) {
	rows, err := s.db.Query(ctx, selectAfter, customer, number, streamBatch)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, scanNumbered)
	if err != nil {
		return nil, err
	}
	messages := make([]*notificationv1.Message, len(found))
	for i, n := range found {
		messages[i] = n.Message
	}
	return found, s.complete(ctx, messages...)
}
